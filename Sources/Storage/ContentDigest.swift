import Crypto

/// Tells whether two contents are the same without keeping either.
package enum ContentDigest {
    /// SHA-256 of the bytes as 64 hexadecimal digits in lower case.
    package static func sha256(_ bytes: [UInt8]) -> String {
        hexadecimal(SHA256.hash(data: bytes))
    }

    /// A digest as hexadecimal digits in lower case.
    static func hexadecimal(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
