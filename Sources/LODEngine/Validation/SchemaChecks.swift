/// Types, ranges, required members, references and extensions, by the tables.
extension ValidationRun {
    /// Checks the whole document.
    func checkSchema() {
        guard root.object != nil else {
            return report(.typeMismatch, at: JSONPointer(), "expected an object, found \(root.kind)")
        }
        check(root, .object("root"), at: JSONPointer())
    }

    private func check(_ value: JSONValue, _ rule: ValueRule, at pointer: JSONPointer, isElement: Bool = false) {
        func mismatch() {
            let isPlainElement: Bool
            if case .object = rule { isPlainElement = false } else { isPlainElement = isElement }
            report(
                isPlainElement ? .arrayTypeMismatch : .typeMismatch,
                at: pointer,
                "expected \(rule.typeName), found \(value.kind)"
            )
        }
        switch rule {
        case .anything: break
        case .bool: if value.bool == nil { mismatch() }
        case .integer(let min, let max, let multiple, let list):
            guard let number = value.int else { return mismatch() }
            checkInteger(number, min: min, max: max, multiple: multiple, list: list, at: pointer)
        case .number(let range):
            guard let number = value.double else { return mismatch() }
            if !range.allows(number) {
                report(.valueNotInRange, at: pointer, "expected a number in range, found \(number)")
            }
        case .text(let list, let pattern):
            guard let text = value.string else { return mismatch() }
            checkText(text, list: list, pattern: pattern, at: pointer)
        case .uri: if value.string == nil { mismatch() }
        case .index(let collection):
            guard let index = value.int else { return mismatch() }
            checkIndex(index, into: collection, at: pointer)
        case .list(let element, let counts, let isUnique):
            guard let values = value.array else { return mismatch() }
            checkList(values, element, counts: counts, isUnique: isUnique, at: pointer)
        case .object(let kind):
            guard let object = value.object else { return mismatch() }
            guard let rule = SchemaTable.rules[kind] ?? ExtensionTable.rules[kind] else { return }
            check(object, rule, kind: kind, at: pointer)
        case .map(let element):
            guard let object = value.object else { return mismatch() }
            if object.isEmpty { report(.emptyEntity, at: pointer, "expected at least one member") }
            for member in object.members { check(member.value, element, at: pointer[member.key]) }
        }
    }

    private func checkInteger(_ number: Int, min: Int, max: Int, multiple: Int, list: [Int], at pointer: JSONPointer) {
        if number < min || number > max {
            report(.valueNotInRange, at: pointer, "expected \(min) to \(max), found \(number)")
        } else if number % multiple != 0 {
            report(.valueMultipleOf, at: pointer, "expected a multiple of \(multiple), found \(number)")
        } else if !list.isEmpty, !list.contains(number) {
            report(.valueNotInList, at: pointer, "expected one of \(list), found \(number)")
        }
    }

    private func checkText(_ text: String, list: [String], pattern: TextPattern?, at pointer: JSONPointer) {
        if !list.isEmpty, !list.contains(text) {
            report(.valueNotInList, at: pointer, "expected one of \(list), found \"\(text)\"")
        }
        if let pattern, !pattern.matches(text) {
            report(.patternMismatch, at: pointer, "expected \(pattern.rawValue), found \"\(text)\"")
        }
    }

    private func checkIndex(_ index: Int, into collection: String, at pointer: JSONPointer) {
        if index < 0 {
            report(.invalidIndex, at: pointer, "expected a non-negative index, found \(index)")
        } else if index >= count(of: collection) {
            report(
                .unresolvedReference,
                at: pointer,
                "expected the index of one of \(count(of: collection)) \(collection), found \(index)"
            )
        } else {
            referenced[collection, default: []].insert(index)
        }
    }

    private func checkList(
        _ values: [JSONValue],
        _ element: ValueRule,
        counts: [Int],
        isUnique: Bool,
        at pointer: JSONPointer
    ) {
        if values.isEmpty {
            return report(.emptyEntity, at: pointer, "expected at least one element")
        }
        if !counts.isEmpty, !counts.contains(values.count) {
            report(.arrayLengthNotInList, at: pointer, "expected a length of \(counts), found \(values.count)")
        }
        var seen: Set<String> = []
        for (place, value) in values.enumerated() {
            check(value, element, at: pointer[place], isElement: true)
            guard isUnique, let key = value.string ?? value.number?.text else { continue }
            if !seen.insert(key).inserted {
                report(.duplicateElements, at: pointer[place], "expected no second \(key)")
            }
        }
    }

    private func check(_ object: JSONObject, _ rule: ObjectRule, kind: String, at pointer: JSONPointer) {
        for member in object.members {
            switch member.key {
            case "extensions": checkExtensions(member.value, of: kind, at: pointer["extensions"])
            case "extras": break
            default:
                if let memberRule = rule.members[member.key] {
                    check(member.value, memberRule, at: pointer[member.key])
                } else {
                    report(.unexpectedProperty, at: pointer[member.key], "expected no member of this name")
                }
            }
        }
        for key in rule.required where object[key] == nil {
            report(.undefinedProperty, at: pointer, "expected member \"\(key)\"")
        }
        for group in rule.exactlyOne where group.count(where: { object[$0] != nil }) != 1 {
            report(.oneOfMismatch, at: pointer, "expected exactly one of the members \(group)")
        }
        for (member, other) in rule.needs where object[member] != nil && object[other] == nil {
            report(.unsatisfiedDependency, at: pointer[member], "expected member \"\(other)\" beside it")
        }
    }

    private func checkExtensions(_ value: JSONValue, of kind: String, at pointer: JSONPointer) {
        guard let object = value.object else {
            return report(.typeMismatch, at: pointer, "expected object, found \(value.kind)")
        }
        for member in object.members {
            let place = pointer[member.key]
            guard let content = member.value.object else {
                report(.typeMismatch, at: place, "expected object, found \(member.value.kind)")
                continue
            }
            if !extensionsUsed.contains(member.key) {
                report(.undeclaredExtension, at: place, "expected \"\(member.key)\" in extensionsUsed")
            }
            guard let places = ExtensionTable.places[member.key] else { continue }
            if let rule = places[kind] {
                check(content, rule, kind: "\(kind)/\(member.key)", at: place)
            } else {
                report(.unexpectedExtensionObject, at: place, "expected no \"\(member.key)\" in a \(kind)")
            }
        }
    }
}
