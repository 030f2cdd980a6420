/// The asset's version, the lists of extensions, and what nothing refers to.
extension ValidationRun {
    /// Checks the version that the file says it follows.
    func checkAsset() {
        let pointer = JSONPointer()["asset"]
        guard let version = version("version") else { return }
        if version.major != 2 {
            report(.unknownAssetMajorVersion, at: pointer["version"], "expected 2, found \(version.major)")
        } else if version.minor > 0 {
            report(.unknownAssetMinorVersion, at: pointer["version"], "expected 2.0, found 2.\(version.minor)")
        }
        guard let least = self.version("minVersion") else { return }
        if (least.major, least.minor) > (version.major, version.minor) {
            report(
                .assetMinVersionGreaterThanVersion,
                at: pointer["minVersion"],
                "expected at most the version, found \(least.major).\(least.minor)"
            )
        }
    }

    private func version(_ key: String) -> (major: Int, minor: Int)? {
        guard let text = root["asset"]?[key]?.string, TextPattern.version.matches(text) else { return nil }
        let parts = text.split(separator: ".").compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    /// Checks what is declared of extensions.
    func checkExtensionLists() {
        let required = (root["extensionsRequired"]?.array ?? []).map(\.string)
        for (index, name) in required.enumerated() {
            guard let name, !extensionsUsed.contains(name) else { continue }
            report(
                .unusedExtensionRequired,
                at: JSONPointer()["extensionsRequired"][index],
                "expected \"\(name)\" in extensionsUsed too"
            )
        }
        for (index, used) in (root["extensionsUsed"]?.array ?? []).enumerated() {
            guard let name = used.string else { continue }
            let pointer = JSONPointer()["extensionsUsed"][index]
            if name == "KHR_mesh_quantization", !required.contains(name) {
                report(.nonRequiredExtension, at: pointer, "expected \"\(name)\" in extensionsRequired too")
            }
            if ExtensionTable.places[name] == nil {
                report(.unsupportedExtension, at: pointer, "\"\(name)\" is not checked")
            }
        }
    }

    /// Names what nothing refers to.
    func checkUnused() {
        let collections = [
            "accessors", "bufferViews", "buffers", "cameras", "images", "materials", "meshes", "samplers", "skins",
            "textures",
        ]
        // What stands in an extension that is not checked may refer to anything.
        guard extensionsUsed.allSatisfy({ ExtensionTable.places[$0] != nil }) else { return }
        for collection in collections {
            let used = referenced[collection] ?? []
            for index in 0..<count(of: collection) where !used.contains(index) {
                report(.unusedObject, at: JSONPointer()[collection][index], "nothing refers to it")
            }
        }
    }

    /// Checks the members of cameras, materials, lights and variants that depend on each other.
    func checkAppearance() {
        for (_, camera, pointer) in elements("cameras") { checkCamera(camera, at: pointer) }
        for (_, material, pointer) in elements("materials") {
            if material["alphaCutoff"] != nil, material["alphaMode"]?.string != "MASK" {
                report(.materialAlphaCutoffInvalidMode, at: pointer["alphaCutoff"], "expected alphaMode MASK")
            }
            if let ior = material["extensions"]?["KHR_materials_ior"]?["ior"]?.double, ior > 0, ior < 1 {
                let place = pointer["extensions"]["KHR_materials_ior"]["ior"]
                report(.valueNotInRange, at: place, "expected 0 or at least 1, found \(ior)")
            }
        }
        let lights = root["extensions"]?["KHR_lights_punctual"]?["lights"]?.array ?? []
        for (index, light) in lights.enumerated() {
            let pointer = JSONPointer()["extensions"]["KHR_lights_punctual"]["lights"][index]
            if light["type"]?.string == "spot", light["spot"] == nil {
                report(.undefinedProperty, at: pointer, "expected member \"spot\"")
            }
            let inner = light["spot"]?["innerConeAngle"]?.double ?? 0
            let outer = light["spot"]?["outerConeAngle"]?.double ?? .pi / 4
            if light["spot"] != nil, outer <= inner {
                report(.lightSpotAngles, at: pointer["spot"], "expected outerConeAngle above \(inner), found \(outer)")
            }
        }
    }

    private func checkCamera(_ camera: JSONValue, at pointer: JSONPointer) {
        if let type = camera["type"]?.string, ["perspective", "orthographic"].contains(type), camera[type] == nil {
            report(.undefinedProperty, at: pointer, "expected member \"\(type)\"")
        }
        for kind in ["perspective", "orthographic"] {
            guard let znear = camera[kind]?["znear"]?.double, let zfar = camera[kind]?["zfar"]?.double else { continue }
            if zfar <= znear {
                report(.cameraZfarLequalZnear, at: pointer[kind], "expected zfar above \(znear), found \(zfar)")
            }
        }
        if let yfov = camera["perspective"]?["yfov"]?.double, yfov >= .pi {
            report(.cameraYfovGequalPi, at: pointer["perspective"]["yfov"], "expected less than π, found \(yfov)")
        }
        for key in ["xmag", "ymag"] {
            guard let size = camera["orthographic"]?[key]?.double, size <= 0 else { continue }
            report(
                size == 0 ? .cameraMagZero : .cameraMagNegative,
                at: pointer["orthographic"][key],
                "expected a positive number, found \(size)"
            )
        }
    }
}
