internal import VitrineSQLite

/// Payments authorised, captured and given up: each method is one write of a group, inside its savepoint.
struct PaymentWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }
    private var reader: PaymentReader { PaymentReader(connection: core.connection) }

    /// Where captured money comes from.
    enum Source {
        case provider(PaymentReference)
        case account(HostAccount)
    }

    // What is asked for

    /// Notes that a provider holds `amount` for the order, the rest of what is owed when `nil`.
    func authorize(
        _ id: OrderID,
        _ amount: Money?,
        _ reference: PaymentReference,
        hold: Int64
    ) throws(LedgerError) -> KeyWriter.Outcome {
        let order = try payable(id)
        let amount = try share(amount, of: order)
        let payment = try nextPayment(of: order, amount)
        try insertAuthorization(payment, amount, reference, hold)
        return KeyWriter.Outcome(id: id.rawValue, number: payment.number)
    }

    /// Takes `amount` of a hold, all that is left of it when `nil`.
    func capture(_ id: PaymentID, _ amount: Money?) throws(LedgerError) -> KeyWriter.Outcome {
        let payment = try reader.existing(id)
        guard payment.state == .authorized else { throw illegal(payment, .captured) }
        let order = try payable(id.order)
        let left = try arithmetic { try payment.amount.subtracting(payment.captured) }
        let amount = amount ?? left
        try checkAmount(amount, "a capture")
        guard try arithmetic({ try left.subtracting(amount) }).minorUnits >= 0 else {
            throw exceeded("payment \(id)", amount, left)
        }
        let isWhole = amount == left
        try connection.run(.capturePayment, id.order.rawValue, id.number, amount.minorUnits, isWhole ? 3 : 2)
        let entry = try journal.open(.captured, order: id.order, subject: Int64(id.number))
        try journal.post(amount, to: .promised, from: .authorized, in: entry)
        try journal.post(amount, to: .cash, from: .receivable, in: entry, line: 2)
        try note(amount, capturedOf: order)
        return KeyWriter.Outcome(id: id.order.rawValue, number: id.number)
    }

    /// Gives up an intent, or what is left of a hold.
    func void(_ id: PaymentID) throws(LedgerError) {
        let payment = try reader.existing(id)
        guard payment.state == .authorized || payment.state == .intended else { throw illegal(payment, .voided) }
        try close(payment, as: .voided)
    }

    /// Notes that the rest of what is owed was paid in one step.
    func pay(_ id: OrderID, _ source: Source) throws(LedgerError) -> KeyWriter.Outcome {
        let order = try payable(id)
        guard order.state == .placed else { throw OrderMoves.illegal(order.id, order.state, .paid) }
        let amount = try share(nil, of: order)
        let payment = try nextPayment(of: order, amount)
        try insertCapture(payment, amount, source)
        try note(amount, capturedOf: order)
        return KeyWriter.Outcome(id: id.rawValue, number: payment.number)
    }

    // What it is made of

    /// Writes what is awaited; no money moves.
    func insertIntent(_ id: PaymentID, _ amount: Money) throws(LedgerError) {
        try connection.run(.insertIntent, id.order.rawValue, id.number, amount.minorUnits)
    }

    /// Writes a hold and the promise that it is.
    func insertAuthorization(
        _ id: PaymentID,
        _ amount: Money,
        _ reference: PaymentReference,
        _ hold: Int64
    ) throws(LedgerError) {
        let expires = expiry(from: core.now, after: hold)
        try connection.run(
            .insertAuthorization,
            id.order.rawValue,
            id.number,
            amount.minorUnits,
            reference.provider,
            reference.reference,
            expires,
            hold
        )
        let entry = try journal.open(.authorized, order: id.order, subject: Int64(id.number))
        try journal.post(amount, to: .authorized, from: .promised, in: entry)
        core.expiries.note(expires)
    }

    /// Writes money that came in one step.
    func insertCapture(_ id: PaymentID, _ amount: Money, _ source: Source) throws(LedgerError) {
        let reference: PaymentReference?
        let account: HostAccount?
        switch source {
        case .provider(let provider): (reference, account) = (provider, nil)
        case .account(let host): (reference, account) = (nil, host)
        }
        try connection.run(
            .insertCapture,
            id.order.rawValue,
            id.number,
            amount.minorUnits,
            account?.id,
            reference?.provider,
            reference?.reference
        )
        let entry = try journal.open(.captured, order: id.order, subject: Int64(id.number))
        let debit = account?.id ?? MoneyAccount.cash.rawValue
        try journal.post(amount, to: debit, from: MoneyAccount.receivable.rawValue, in: entry)
        if let account { try AccountWriter(core: core).change(account, by: amount) }
    }

    /// Ends an intent or a hold without taking what is left of it.
    func close(_ payment: Payment, as state: PaymentState) throws(LedgerError) {
        let id = payment.id
        // A hold of which something was captured ends as a captured one.
        let final: PaymentState = payment.captured.minorUnits > 0 ? .captured : state
        try connection.run(.closePayment, id.order.rawValue, id.number, final.rawValue)
        guard payment.state == .authorized else {
            _ = try journal.open(.voided, order: id.order, subject: Int64(id.number))
            return
        }
        let kind: EntryKind = state == .expired ? .lapsed : .voided
        let entry = try journal.open(kind, order: id.order, subject: Int64(id.number))
        let left = try arithmetic { try payment.amount.subtracting(payment.captured) }
        try journal.post(left, to: .promised, from: .authorized, in: entry)
    }

    /// The order, if it may still be paid.
    private func payable(_ id: OrderID) throws(LedgerError) -> OrderHead {
        let order = try OrderReader(connection: connection).existingHead(id)
        guard order.state == .placed else { throw OrderMoves.illegal(id, order.state, .paid) }
        return order
    }

    /// What nobody has captured, authorised or promised of an order; `asked` if it is not more than that.
    private func share(_ asked: Money?, of order: OrderHead) throws(LedgerError) -> Money {
        let covered = try reader.covered(order)
        let open = try arithmetic { try order.total.subtracting(covered) }
        let amount = asked ?? open
        guard try arithmetic({ try open.subtracting(amount) }).minorUnits >= 0, open.minorUnits > 0 else {
            throw exceeded("order \(order.id)", amount, open)
        }
        try checkAmount(amount, "a payment")
        return amount
    }

    /// The intent that the payment fulfils, or the next number when it fulfils only a part of it.
    private func nextPayment(of order: OrderHead, _ amount: Money) throws(LedgerError) -> PaymentID {
        let payments = try reader.payments(of: order.id, order.total.currency)
        if let intent = payments.first(where: { $0.state == .intended }) {
            guard intent.amount.minorUnits > amount.minorUnits else { return intent.id }
            let rest = intent.amount.minorUnits - amount.minorUnits
            try connection.run(.resizeIntent, order.id.rawValue, intent.id.number, rest)
        }
        return PaymentID(order: order.id, number: (payments.last?.id.number ?? 0) + 1)
    }

    private func note(_ amount: Money, capturedOf order: OrderHead) throws(LedgerError) {
        let captured = try arithmetic { try order.captured.adding(amount) }
        let state: OrderState = captured == order.total ? .paid : order.state
        try connection.run(.updateOrder, order.id.rawValue, state.rawValue, captured.minorUnits, 0)
    }

    private func illegal(_ payment: Payment, _ next: PaymentState) -> LedgerError {
        LedgerError(
            .illegalPaymentTransition,
            "payment \(payment.id) is \(payment.state) and cannot become \(next)",
            details: .illegalPaymentTransition(payment: payment.id, from: payment.state, to: next)
        )
    }
}

/// The error for an amount that is more than there is.
func exceeded(_ what: String, _ asked: Money, _ available: Money) -> LedgerError {
    LedgerError(
        .amountExceeded,
        "\(what): \(asked) asked, \(available) left",
        details: .amountExceeded(asked: asked, available: available)
    )
}
