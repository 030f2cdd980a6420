extension Model {
    /// How far `glb(options)` moves any vertex, in the scene's units: half a step of its mesh's grid on every axis.
    ///
    /// No point of a triangle moves farther than its corners do, so the written surface is no farther from this one, nor
    /// this one from it. It is 0 where floats stay. Takes time in proportion to the vertices.
    public func quantizationError(_ options: GLBOptions) -> Float {
        guard let quantization = options.quantization else { return 0 }
        let scales = QuantizationPlan.scales(of: self)
        return QuantizationPlan(self, quantization).positions.reduce(0) { greatest, grid in
            max(greatest, grid.value.error * (scales[grid.key] ?? 1))
        }
    }
}
