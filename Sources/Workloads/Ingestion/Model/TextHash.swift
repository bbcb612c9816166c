/// 64-bit FNV-1a, for index columns that stand for a text of any length. Stored, so it never changes. Equal hashes prove
/// nothing: the text beside is compared as well.
enum TextHash {
    static func of(_ text: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return Int64(bitPattern: hash)
    }
}
