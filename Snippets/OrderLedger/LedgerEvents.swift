// Everything that happens, in order, at least once.
import OrderLedger

// snippet.show
func sendMails(from ledger: Ledger) async throws {
    let mailer = try await ledger.subscriber("mailer")
    for try await event in mailer.events {
        switch event.kind {
        case .placed(let order): print("thank you for order \(order)")
        case .shipped(let order, let shipment): print("parcel \(shipment) of order \(order) is on its way")
        default: break
        }
        // Not acknowledged before a crash, it comes again: let the mail service drop an event id that it knows.
        try await mailer.acknowledge(event)
    }
}
// snippet.hide
