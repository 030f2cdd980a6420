/// Errors with the path to the value; it is looked for only when there is one.
extension DecodingSession {
    func mismatch(_ type: Any.Type, _ offset: Int) -> DecodingError {
        let kind = AttributeView(bytes, at: offset).kind
        let context = context(offset, "expected \(type), found \(kind.rawValue)")
        return kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func misfit(_ type: Any.Type, _ offset: Int) -> DecodingError {
        let value = AttributeView(bytes, at: offset).attribute
        return .dataCorrupted(context(offset, "the number \(value) does not fit \(type)"))
    }

    func context(_ offset: Int, _ what: String) -> DecodingError.Context {
        DecodingError.Context(codingPath: path(to: offset), debugDescription: what)
    }

    /// The names and places that lead to the value whose tag is at `offset`: at each step down, the one that holds it.
    func path(to offset: Int) -> [any CodingKey] {
        let bytes = bytes
        var path: [any CodingKey] = []
        var place = DocumentLayout.root
        while place < offset {
            if let map = MapLayout(bytes, at: place) {
                guard let entry = entry(of: map, holding: offset) else { return path }
                path.append(PathKey(DocumentLayout.text(bytes, entry.name)))
                place = entry.value
            } else if let list = ListLayout(bytes, at: place) {
                guard let (index, start) = element(of: list, holding: offset) else { return path }
                path.append(PathKey(index: index))
                place = start
            } else {
                return path
            }
        }
        return path
    }

    private func entry(of map: MapLayout, holding offset: Int) -> MapLayout.Entry? {
        for index in 0..<map.count {
            guard let entry = map.entry(bytes, index), let end = DocumentLayout.end(bytes, at: entry.value) else {
                return nil
            }
            if entry.value <= offset, offset < end { return entry }
        }
        return nil
    }

    private func element(of list: ListLayout, holding offset: Int) -> (index: Int, start: Int)? {
        var start = list.start
        for index in 0..<list.count {
            guard let end = DocumentLayout.end(bytes, at: start) else { return nil }
            if start <= offset, offset < end { return (index, start) }
            start = end
        }
        return nil
    }
}
