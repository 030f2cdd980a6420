/// Objects, and who read them when: what policies are tried on.
public struct AccessTrace: Sendable {
    /// An object of a trace.
    public struct Object: Sendable, Hashable {
        /// Its bytes.
        public var bytes: Int64
        /// The day it was put on, counted from the trace's first.
        public var createdDay: Int
        /// The day it was deleted on; `nil` for never.
        public var deletedDay: Int?

        /// States an object.
        public init(bytes: Int64, createdDay: Int, deletedDay: Int? = nil) {
            self.bytes = bytes
            self.createdDay = createdDay
            self.deletedDay = deletedDay
        }
    }

    /// Reads of one object on one day.
    public struct Reads: Sendable, Hashable {
        /// The object's place in `objects`.
        public var object: Int
        /// How often it was read as a whole.
        public var count: Int

        /// States reads.
        public init(object: Int, count: Int) {
            self.object = object
            self.count = count
        }
    }

    /// All objects.
    public var objects: [Object]
    /// The reads of each day.
    public var days: [[Reads]]

    /// States a trace; reads of objects that are not there are left out of account.
    public init(objects: [Object], days: [[Reads]]) {
        self.objects = objects
        self.days = days
    }
}
