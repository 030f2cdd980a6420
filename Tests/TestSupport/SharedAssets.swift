internal import Glibc

/// The models and traces that lie beside the checkout of Vitrine's developers, and not on a user's disk.
///
/// A test that needs them is enabled only where they are: `@Test(.enabled(if: SharedAssets.directory != nil))`.
package enum SharedAssets {
    /// `../shared/assets` beside the package, or `nil` where there is no such directory.
    package static let directory: String? = {
        let assets = packageDirectory + "/../shared/assets"
        return unsafe access(assets, R_OK) == 0 ? assets : nil
    }()

    /// The root of this package.
    package static let packageDirectory: String =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
}
