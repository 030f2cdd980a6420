// What a checkout does with each way that an order can fail.
import OrderLedger

// snippet.show
/// What a shopper is told.
enum Answer {
    case placed(OrderID)
    case soldOut(sku: String, available: Int)
    case comeBackLater
}

func checkOut(_ request: OrderRequest, in ledger: Ledger) async throws -> Answer {
    do {
        return .placed(try await ledger.place(request).id)
    } catch let error as LedgerError {
        if case .insufficientStock(let sku, _, let available) = error.details {
            return .soldOut(sku: sku, available: available)
        }
        switch error.code {
        case .isOverloaded, .diskFull, .isBusy:
            return .comeBackLater  // Nothing was placed: the same key may be sent again.
        default:
            throw error
        }
    }
}
// snippet.hide
