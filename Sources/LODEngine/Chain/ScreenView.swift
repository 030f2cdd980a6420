internal import Glibc

/// How large a model is seen on a screen, and through which lens: what turns distances in a scene into pixels.
///
/// The model is a sphere around its bounds, of half their diagonal as radius r. It is in the middle of a view whose
/// height is `height · pixelRatio` device pixels and whose opening is θ = `verticalFieldOfView`; its outline takes
/// `share` of the height. So the eye is at D = r / sin α from the centre, where tan α = share · tan(θ/2). A distance e on
/// the part of the surface that is nearest to the eye, at D − r, is seen as
///
///     e · height · pixelRatio / (2 tan(θ/2) · (D − r))
///
/// pixels, and no part of the model shows it larger, as long as α is below 45 degrees or so and e is small beside r.
public struct ScreenView: Sendable, Hashable {
    /// The height of the view in CSS pixels (points), of which each has `pixelRatio` device pixels along its side.
    public var height: Double
    /// Device pixels for each CSS pixel along one axis: the browser's `devicePixelRatio`.
    public var pixelRatio: Double
    /// The share of the height that the model's outline takes: 1 where it just fits, more for a closer look.
    public var share: Double
    /// From the view's lower edge to its upper one, in radians.
    public var verticalFieldOfView: Double

    /// Describes a view.
    public init(height: Double, pixelRatio: Double = 1, share: Double = 1, verticalFieldOfView: Double = .pi / 6) {
        self.height = height
        self.pixelRatio = pixelRatio
        self.share = share
        self.verticalFieldOfView = verticalFieldOfView
    }

    /// Device pixels that a distance takes where the model is nearest to the eye.
    ///
    /// - Parameters:
    ///   - distance: The distance in the scene's units.
    ///   - radius: The radius of the model's sphere in the same units: half the diagonal of its bounds.
    /// - Returns: Not a number where a size of the view is below 0 or not a number.
    public func pixels(of distance: Double, radius: Double) -> Double {
        distance == 0 ? 0 : distance / radius * pixelsPerRadius
    }

    /// The distance that takes so many device pixels: the inverse of `pixels(of:radius:)`.
    public func distance(ofPixels pixels: Double, radius: Double) -> Double {
        pixels == 0 ? 0 : pixels * radius / pixelsPerRadius
    }

    /// Device pixels for a distance as long as the model's radius.
    private var pixelsPerRadius: Double {
        guard height >= 0, pixelRatio >= 0, share >= 0, verticalFieldOfView > 0, verticalFieldOfView < .pi else {
            return .nan
        }
        let opening = tan(verticalFieldOfView / 2)
        let sine = sin(atan(share * opening))
        // Of D − r = r (1 / sin α − 1), so that a view from far away gives 0 and not a division of infinities.
        return height * pixelRatio / (2 * opening) * sine / (1 - sine)
    }
}
