internal import Logging
internal import VitrineSQLite

/// When the next hold runs out, and what happens then: carts give their units back, authorisations are given up.
///
/// Every group begins with what is due, in its own transaction, so that no write ever sees a hold whose time is over;
/// the writer's thread wakes at an interval to do it when nobody writes. Whether a hold is over stands in its row: a
/// clock that jumps back cannot open it again. A jump back is met by the rule that no hold lasts longer from now than
/// it was asked to: one that would is made to end then.
struct Expiries {
    /// The end of the next hold, in milliseconds since 1970; `.max` when there is none.
    private(set) var next = Int64.min
    /// The latest time that was seen, to tell a jump back.
    private var latest = Int64.min
    private var mustClamp = true

    /// Notes a hold that was made.
    mutating func note(_ end: Int64) {
        next = min(next, end)
    }

    /// Notes the time; returns whether there is anything to do.
    mutating func isDue(at now: Int64) -> Bool {
        if now < latest { mustClamp = true }
        latest = now
        return mustClamp || next <= now
    }

    /// Does what is due, at most `limit` holds of a kind at once; returns whether anything was written.
    mutating func run(_ core: WriterCore, limit: Int) throws(LedgerError) -> Bool {
        let connection = core.connection
        let now = core.now
        let before = connection.totalChanges
        if mustClamp {
            try connection.run(.clampCarts, now)
            try connection.run(.clampPayments, now)
        }
        for cart in try connection.all(.selectExpiredCarts, now, limit, read: { CartID(rawValue: $0.int64(0)) }) {
            try CartWriter(core: core).expire(cart)
        }
        let holds = try connection.all(.selectExpiredPayments, now, limit) { row in
            PaymentID(order: OrderID(rawValue: row.int64(0)), number: row.int(1))
        }
        for hold in holds {
            let payment = try PaymentReader(connection: connection).existing(hold)
            try PaymentWriter(core: core).close(payment, as: .expired)
        }
        next =
            try connection.first(.selectNextExpiries) { row in
                min(row.isNull(0) ? Int64.max : row.int64(0), row.isNull(1) ? Int64.max : row.int64(1))
            } ?? Int64.max
        mustClamp = false
        return connection.totalChanges != before
    }

    /// Has the rows looked at anew: what `run` did was rolled back, or may have been.
    mutating func forget() {
        next = .min
        mustClamp = true
    }
}
