import VaultFuzzing

/// Called by libFuzzer with each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // The bytes are the fuzzer's for the length of the call.
    unsafe VaultFuzzing.range([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
}
