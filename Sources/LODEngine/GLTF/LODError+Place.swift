extension LODError {
    /// The same error with the byte of its JSON pointer, in the message too.
    ///
    /// - Parameters:
    ///   - json: The file's JSON.
    ///   - start: The byte of the file at which the JSON starts.
    func located(in json: ByteBlock, from start: Int) -> LODError {
        guard byteOffset == nil, let file, let pointer else { return self }
        let offset = start + json.withBytes { JSONParser.offset(of: pointer, in: $0) }
        var error = self
        error.byteOffset = offset
        let place = "\(file): \(pointer.isEmpty ? JSONPointer().label : pointer)"
        if message.hasPrefix(place) { error.message = "\(place) (byte \(offset))\(message.dropFirst(place.count))" }
        return error
    }

    /// The same error as one of the value at `place`, if its message starts there.
    func placed(at place: JSONPlace) -> LODError {
        guard pointer == nil, message.hasPrefix(place.description + ":") else { return self }
        var error = self
        error.file = place.file
        error.pointer = place.pointer.description
        return error
    }

    /// The same error with the file's name, if it has none.
    func named(_ name: String) -> LODError {
        var error = self
        error.file = file ?? name
        return error
    }
}
