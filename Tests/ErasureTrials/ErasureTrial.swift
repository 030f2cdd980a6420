internal import VitrineReedSolomon

/// The erasure code with its loss of three, as the benchmarks run it.
public struct ErasureTrial: Sendable {
    /// The matrix that makes parity from data, row after row.
    public let matrix: [UInt8]
    /// What computes the products.
    public let implementation: String
    private let code: ReedSolomon
    private let reconstruction: Reconstruction

    /// A code of so many data and parity shards that has lost some of them; by portable Swift where that is asked for.
    public init(data: Int, parity: Int, lost: [Int], inSwift: Bool) throws {
        code = try ReedSolomon(data: data, parity: parity, implementation: inSwift ? .swift : .fastest)
        reconstruction = try code.reconstruction(lost: lost)
        matrix = code.matrix.elements
        implementation = code.implementation.description
    }

    /// The shards that the lost ones are computed from, ascending.
    public var survivors: [Int] { reconstruction.sources }

    /// Computes the parity of data shards.
    @unsafe public func encode(
        _ data: [UnsafeRawBufferPointer],
        into parity: [UnsafeMutableRawBufferPointer]
    ) throws {
        try unsafe code.encode(data, into: parity)
    }

    /// Computes the lost shards, ascending, from the survivors.
    @unsafe public func reconstruct(
        from survivors: [UnsafeRawBufferPointer],
        into lost: [UnsafeMutableRawBufferPointer]
    ) throws {
        try unsafe reconstruction.apply(to: survivors, writing: lost)
    }
}
