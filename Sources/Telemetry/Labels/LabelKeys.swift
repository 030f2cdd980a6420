public import VitrineCTelemetry

extension vitrine_label_key {
    /// The key of one value.
    @inlinable
    init<A: LabelValue>(_ a: A) {
        self.init()
        a.labelText.append(to: &self)
    }

    /// The key of two values.
    @inlinable
    init<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) {
        self.init()
        a.labelText.append(to: &self)
        b.labelText.append(to: &self)
    }

    /// The key of three values.
    @inlinable
    init<A: LabelValue, B: LabelValue, C: LabelValue>(_ a: A, _ b: B, _ c: C) {
        self.init()
        a.labelText.append(to: &self)
        b.labelText.append(to: &self)
        c.labelText.append(to: &self)
    }

    /// The key of four values.
    @inlinable
    init<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(_ a: A, _ b: B, _ c: C, _ d: D) {
        self.init()
        a.labelText.append(to: &self)
        b.labelText.append(to: &self)
        c.labelText.append(to: &self)
        d.labelText.append(to: &self)
    }
}
