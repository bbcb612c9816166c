import Testing
import Workloads

@Suite("UTF-8 is checked strictly")
struct UTF8CheckTests {
    @Test(
        "malformed sequences are found at every place",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x41], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x82, 0x41],
            [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func malformed(sequence: [UInt8]) {
        for lead in [0, 1, 7, 15, 16, 17, 40] {
            let bytes = [UInt8](repeating: 0x61, count: lead) + sequence + [UInt8](repeating: 0x61, count: 20)
            #expect(bytes.withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) } == lead)
            let atEnd = [UInt8](repeating: 0x61, count: lead) + sequence
            #expect(atEnd.withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) } == lead)
        }
    }

    @Test("every character is well-formed")
    func wellFormed() {
        var bytes: [UInt8] = []
        for value in UInt32(0)...0x10FFFF where value < 0x3000 || value % 61 == 0 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            bytes += Array(String(scalar).utf8)
        }
        #expect(bytes.withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) } == nil)
        #expect([UInt8]().withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) } == nil)
    }

    @Test("it agrees with the standard library on random bytes")
    func agrees() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Bool.random(using: &random) ? UInt8.random(in: 0...0x7F, using: &random) : UInt8.random(in: 0x80...0xF5, using: &random)
            }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect((bytes.withUnsafeBytes { UTF8Check.firstInvalidOffset(in: $0) } == nil) == isValid, "\(bytes)")
        }
    }
}
