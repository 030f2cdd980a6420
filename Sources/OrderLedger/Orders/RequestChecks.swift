internal import VitrineSync

extension LedgerConfiguration {
    /// - Throws: `invalidRequest` when `text` is empty, too long, or has a zero byte, which SQL text cannot carry.
    func checkText(_ text: String, _ what: String) throws(LedgerError) {
        let count = text.utf8.count
        guard (1...textBytesMax).contains(count), !text.utf8.contains(0) else {
            throw LedgerError(
                .invalidRequest,
                "\(what) of \(count) bytes: pass 1 to \(textBytesMax), none of them zero"
            )
        }
    }

    /// - Throws: `invalidRequest` when `text` is there and no ledger could keep it.
    func checkText(_ text: String?, _ what: String) throws(LedgerError) {
        if let text { try checkText(text, what) }
    }

    /// - Throws: `invalidRequest` when a part of the reference is not fit to be kept.
    func checkReference(_ reference: PaymentReference) throws(LedgerError) {
        try checkText(reference.provider, "payment provider")
        try checkText(reference.reference, "payment reference")
    }

    /// - Throws: `invalidRequest` for no line or too many, for an SKU that stands twice, for a quantity out of range.
    func checkLines(_ lines: [(sku: String, quantity: Int)], of what: String) throws(LedgerError) {
        guard !lines.isEmpty, lines.count <= linesMax else {
            throw LedgerError(.invalidRequest, "\(lines.count) lines in \(what): pass 1 to \(linesMax)")
        }
        for (index, line) in lines.enumerated() {
            try checkText(line.sku, "SKU")
            try checkQuantity(line.quantity, of: line.sku)
            // Orders are short: comparing each with those before it beats building a set.
            if lines[..<index].contains(where: { $0.sku == line.sku }) {
                throw LedgerError(.invalidRequest, "SKU \(line.sku) stands on two lines: add them up")
            }
        }
    }
}

/// - Throws: `invalidRequest` when no line or delivery may move so many units.
func checkQuantity(_ quantity: Int, of sku: String) throws(LedgerError) {
    guard quantityRange.contains(quantity) else {
        throw LedgerError(
            .invalidRequest,
            "\(quantity) units of SKU \(sku): pass \(quantityRange.lowerBound) to \(quantityRange.upperBound)"
        )
    }
}

/// - Throws: `invalidRequest` when nothing may be held for so long.
func checkHold(_ hold: Duration, _ what: String) throws(LedgerError) {
    guard hold >= .milliseconds(1), hold <= .seconds(366 * 86_400) else {
        throw LedgerError(.invalidRequest, "\(what) for \(hold): pass one millisecond to 366 days")
    }
}

/// - Throws: `invalidRequest` when an amount is not above zero.
func checkAmount(_ amount: Money, _ what: String) throws(LedgerError) {
    guard amount.minorUnits > 0 else {
        throw LedgerError(.invalidRequest, "\(what) of \(amount): pass an amount above zero")
    }
}

/// When a hold that begins at `now` ends, in milliseconds since 1970.
func expiry(from now: Int64, after hold: Int64) -> Int64 {
    let (end, overflow) = now.addingReportingOverflow(hold)
    return overflow ? .max : end
}

/// Runs arithmetic on money, whose only errors are the module's own.
func arithmetic<Value>(_ body: () throws -> Value) throws(LedgerError) -> Value {
    do {
        return try body()
    } catch let error as LedgerError {
        throw error
    } catch {
        throw LedgerError(.amountOverflow, "an amount could not be worked out", cause: error)
    }
}
