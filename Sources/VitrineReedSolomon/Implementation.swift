internal import VitrineCReedSolomon

extension ReedSolomon {
    /// What computes the products; all give the same bytes.
    package struct Implementation: Sendable, Hashable, CustomStringConvertible {
        /// A kernel of the C target by its number, or `nil` for Swift.
        let kernel: Int?

        /// Portable Swift, by bit planes.
        package static let swift = Implementation(kernel: nil)

        /// All that this machine can run, the fastest first.
        package static let all: [Implementation] = {
            let kernels = (0..<vitrine_rs_kernel_count()).map { Implementation(kernel: $0) }
            // Portable C, which is last, goes byte by byte.
            return kernels.dropLast() + [.swift] + kernels.suffix(1)
        }()

        /// The fastest that this machine can run.
        package static let fastest = all.first ?? .swift

        /// "gfni-avx512", "gfni-avx2", "avx2", "ssse3", "neon", "portable", or "swift".
        package var description: String {
            // The kernel's number is below the count, and names are constants of the image.
            kernel.map { unsafe String(cString: vitrine_rs_kernel_name($0)) } ?? "swift"
        }
    }
}
