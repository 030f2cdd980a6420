/// How far time has come by a store's samples, but for what a clock stamped that was wrong for a while.
///
/// What upkeep does cannot be undone: time that is over takes no more samples, and what is too old goes. So it does not go
/// by the newest sample, which may have been taken in a second in which the clock was a year ahead. Time goes on by steps
/// no longer than ``step``. A longer one is a leap, and believed when samples have come steadily from there for ``proof``,
/// or when the next leap goes further still, as each one does where samples are rare. A sample from before the leap shows
/// that the clock was wrong, and the leap is forgotten.
package struct SteadyTime: Sendable {
    /// A clock that stays wrong for longer than this, in milliseconds, is taken for right.
    static let proof: Int64 = 600_000

    /// The longest step, in milliseconds, with which time goes on for certain.
    let step: Int64
    /// How far time has come; `nil` until that is known.
    package private(set) var time: Int64?
    /// Where time leapt to, and how far it has come there.
    private var leap: (start: Int64, end: Int64)?

    /// Knows of no sample yet.
    ///
    /// A step is as long as samples may be late, and lets a sampling be left out.
    package init(window: Duration, resolution: Int64) {
        step = max(StoredTime.clamped(window), 2 * resolution)
    }

    /// Takes note that time had come so far earlier.
    mutating func begin(at time: Int64) { self.time = max(self.time ?? time, time) }

    /// Takes note of a sample, in the order in which they came.
    package mutating func note(_ sample: Int64) {
        if let time, sample <= time + step {
            self.time = max(time, sample)
            leap = nil
            return
        }
        guard var leap, sample >= leap.start else {
            self.leap = (sample, sample)
            return
        }
        if sample > leap.end + step {
            time = leap.end
            self.leap = (sample, sample)
            return
        }
        leap.end = max(leap.end, sample)
        self.leap = leap
        if leap.end - leap.start >= Self.proof {
            time = leap.end
            self.leap = nil
        }
    }
}
