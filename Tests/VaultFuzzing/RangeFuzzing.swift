import ObjectVault
import VitrineIO
import VitrineTestSupport

extension VaultFuzzing {
    /// Takes bytes as ranges, a byte for the object and then two numbers of 8 bytes each, or of 2 with an odd first byte:
    /// each read gives just those bytes, or `invalidRange`; the same with all of them at once, and as a stream.
    public static func range(_ bytes: [UInt8]) {
        wait { await ranges(bytes) }
    }

    private static let opened = Task { () -> (SmallVault, Vault)? in
        guard let whole = await SmallVault.shared.value, let vault = try? await SmallVault.open(whole.disk) else {
            return nil
        }
        return (whole, vault)
    }

    private static func ranges(_ bytes: [UInt8]) async {
        guard let (whole, vault) = await opened.value else { return hold(false, "the small vault was not made") }
        var reader = ByteReader(bytes.span)
        guard let first = reader.readUInt8() else { return }
        let (name, content) = whole.objects[Int(first >> 1) % whole.objects.count]
        var ranges: [Range<Int64>] = []
        while ranges.count < 20 {
            let isShort = first & 1 == 1
            let start = isShort ? reader.readUInt16().map(Int64.init) : reader.readInt64()
            let end = isShort ? reader.readUInt16().map(Int64.init) : reader.readInt64()
            guard let start, let end else { break }
            ranges.append(min(start, end)..<max(start, end))
        }
        let isWithin = { (range: Range<Int64>) in range.lowerBound >= 0 && range.upperBound <= Int64(content.count) }
        let expected = ranges.filter(isWithin).map { Array(content[Int($0.lowerBound)..<Int($0.upperBound)]) }
        for range in ranges {
            do {
                let found = try vault.read(name, range: range)
                hold(isWithin(range), "\(range) was read")
                hold(found == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]), "other bytes in \(range)")
                var streamed: [UInt8] = []
                for try await piece in try vault.stream(name, range: range, pieceSize: 100) { streamed += piece }
                hold(streamed == found, "the stream of \(range) has other bytes")
            } catch let error as VaultError {
                hold(error.code == .invalidRange && !isWithin(range), "\(range): \(error)")
            } catch {
                hold(false, "another error: \(error)")
            }
        }
        do {
            hold(try vault.read(name, ranges: ranges) == expected, "other bytes in \(ranges)")
            hold(ranges.allSatisfy(isWithin), "\(ranges) were read")
        } catch let error as VaultError {
            hold(error.code == .invalidRange && !ranges.allSatisfy(isWithin), "\(ranges): \(error)")
        } catch {
            hold(false, "another error: \(error)")
        }
    }
}
