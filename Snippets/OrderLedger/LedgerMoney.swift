// Arithmetic on money that is exact, or an error.
import OrderLedger

// snippet.show
let price = Money(minorUnits: 19_99, currency: .eur)
let three = try price.multiplied(by: 3)  // 59.97 EUR
let shares = try three.split(into: 2)  // 29.99 EUR and 29.98 EUR
let refund = try three.allocated(by: [70, 30])  // 41.98 EUR and 17.99 EUR
print(three, shares, refund, try Currency("KWD").exponent)
// snippet.hide
