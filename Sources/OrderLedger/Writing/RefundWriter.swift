internal import VitrineSQLite

/// Money given back: one write of a group, inside its savepoint.
struct RefundWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }
    private var reader: OrderReader { OrderReader(connection: core.connection) }

    /// An amount and the tax within it.
    private struct Sum {
        var amount: Int64
        var tax: Int64
    }

    /// Refunds what the request names.
    func refund(_ id: OrderID, _ request: RefundRequest) throws(LedgerError) -> KeyWriter.Outcome {
        let head = try reader.existingHead(id)
        guard head.state.canMove(to: .partiallyRefunded) else { throw OrderMoves.illegal(id, head.state, .refunded) }
        let units = try units(of: request, head)
        let sum = try sum(of: request, units, head)
        let number = (try connection.first(.selectLastRefund, id.rawValue, read: { $0.int(0) }) ?? 0) + 1
        try connection.run(.insertRefund, id.rawValue, number, sum.amount, sum.tax, request.reason, core.now)
        let entry = try journal.open(.refunded, order: id, subject: Int64(number))
        let amount = Money(minorUnits: sum.amount, currency: head.total.currency)
        let tax = Money(minorUnits: sum.tax, currency: head.total.currency)
        var line = try OrderMoves(core: core).postReversal(amount, tax, in: entry)
        try giveBack(amount, of: head, refund: number, in: entry, line: &line)
        try move(units, id, refund: number, in: entry)
        let refunded = head.refunded.minorUnits + sum.amount
        let state: OrderState = refunded == head.total.minorUnits ? .refunded : .partiallyRefunded
        try connection.run(.updateOrder, id.rawValue, state.rawValue, head.captured.minorUnits, refunded)
        return KeyWriter.Outcome(id: id.rawValue, number: number)
    }

    /// Moves captured money back to where it came from.
    func giveBack(
        _ amount: Money,
        to payment: Payment,
        in entry: Int64,
        line: inout Int
    ) throws(LedgerError) {
        let id = payment.id
        try connection.run(.refundPayment, id.order.rawValue, id.number, amount.minorUnits)
        var source = MoneyAccount.cash.rawValue
        if let name = payment.account {
            let account = try AccountWriter(core: core).existing(name)
            try AccountWriter(core: core).change(account, by: arithmetic { try amount.multiplied(by: -1) })
            source = account.id
        }
        try journal.post(amount, to: MoneyAccount.receivable.rawValue, from: source, in: entry, line: line)
        line += 1
    }

    /// Units of one line, and where they are.
    private struct Units {
        let row: OrderLineRow
        let quantity: Int
        /// Units of the line that were refunded before these.
        let before: Int
        /// How many of them have not left yet.
        let unshipped: Int
        let returned: Int
    }

    /// The lines that are asked for; all that is left of each when neither lines nor an amount are.
    private func units(of request: RefundRequest, _ head: OrderHead) throws(LedgerError) -> [Units] {
        let rows = try reader.lineRows(of: head.id)
        let progress = try LineProgress.read(head.id, connection)
        var lines = request.lines
        if lines.isEmpty, request.amount == nil {
            lines = rows.filter { progress.unrefunded($0) > 0 }
                .map { RefundRequest.Line(line: $0.line, quantity: progress.unrefunded($0)) }
        }
        var units: [Units] = []
        for line in lines {
            let row = rows.first { $0.line == line.line }
            let left = row.map(progress.unrefunded) ?? 0
            guard let row, line.quantity <= left else {
                throw LineProgress.exceeded(head.id, LineQuantity(line: line.line, quantity: line.quantity), left)
            }
            let unshipped = min(line.quantity, progress.unshipped(row))
            guard line.returned <= line.quantity - unshipped else {
                let returned = LineQuantity(line: line.line, quantity: line.returned)
                throw LineProgress.exceeded(head.id, returned, line.quantity - unshipped)
            }
            units.append(
                Units(
                    row: row,
                    quantity: line.quantity,
                    before: row.quantity - left,
                    unshipped: unshipped,
                    returned: line.returned
                )
            )
        }
        return units
    }

    /// What is given back and the tax in it, such that all refunds of an order sum to its total and its tax.
    private func sum(
        of request: RefundRequest,
        _ units: [Units],
        _ head: OrderHead
    ) throws(LedgerError) -> Sum {
        let taxBefore = try connection.first(.sumRefundTax, head.id.rawValue, read: { $0.int64(0) }) ?? 0
        let left = Sum(
            amount: head.captured.minorUnits - head.refunded.minorUnits,
            tax: head.tax.minorUnits - taxBefore
        )
        let exact = units.reduce(into: Sum(amount: 0, tax: 0)) { sum, units in
            sum.amount += share(units.row.total, units)
            sum.tax += share(units.row.tax, units)
        }
        if let amount = request.amount, amount.currency != head.total.currency {
            throw LedgerError(.currencyMismatch, "a refund of \(amount) on an order in \(head.total.currency)")
        }
        let isEverything = request.lines.isEmpty && request.amount == nil
        let amount = isEverything ? left.amount : request.amount?.minorUnits ?? exact.amount
        guard amount > 0, amount <= left.amount else {
            let currency = head.total.currency
            throw exceeded(
                "order \(head.id)",
                Money(minorUnits: amount, currency: currency),
                Money(minorUnits: left.amount, currency: currency)
            )
        }
        // Units are taxed as they were sold; an amount that was named, in proportion to what is left.
        let proportion = Int64((Int128(left.tax) * Int128(amount)) / Int128(left.amount))
        let wanted = request.amount == nil && !isEverything ? exact.tax : proportion
        // Neither the tax that is left nor the rest may fall below zero.
        let least = max(0, amount - (left.amount - left.tax))
        return Sum(amount: amount, tax: min(max(wanted, least), min(amount, left.tax)))
    }

    /// The part of a line's amount that some of its units are, such that the parts of all units sum to the whole.
    private func share(_ whole: Int64, _ units: Units) -> Int64 {
        func upTo(_ count: Int) -> Int128 { Int128(whole) * Int128(count) / Int128(units.row.quantity) }
        return Int64(upTo(units.before + units.quantity) - upTo(units.before))
    }

    /// Shares the amount out over the order's payments, in proportion to what each has left.
    private func giveBack(
        _ amount: Money,
        of head: OrderHead,
        refund number: Int,
        in entry: Int64,
        line: inout Int
    ) throws(LedgerError) {
        let payments = try PaymentReader(connection: connection).payments(of: head.id, head.total.currency)
        let left = payments.map { $0.captured.minorUnits - $0.refunded.minorUnits }
        let shares = try arithmetic { try amount.allocated(by: left) }
        for (payment, share) in zip(payments, shares) where share.minorUnits > 0 {
            try connection.run(.insertRefundShare, head.id.rawValue, number, payment.id.number, share.minorUnits)
            try giveBack(share, to: payment, in: entry, line: &line)
        }
    }

    private func move(
        _ units: [Units],
        _ id: OrderID,
        refund number: Int,
        in entry: Int64
    ) throws(LedgerError) {
        var line = 0
        for units in units {
            try connection.run(
                .insertRefundLine,
                id.rawValue,
                number,
                units.row.line,
                units.quantity,
                units.unshipped,
                units.returned
            )
            for (quantity, source) in [(units.unshipped, StockAccount.committed), (units.returned, .customers)]
            where quantity > 0 {
                line += 1
                try StockWriter(core: core).give(quantity, of: units.row.product)
                try journal.post(quantity, of: units.row.product, to: .onHand, from: source, in: entry, line: line)
            }
        }
    }
}
