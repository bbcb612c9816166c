import HTTPTypes

/// Decides whether a client's `X-Request-Id` may be used as ours.
enum RequestIdentifier {
    static let header = HTTPField.Name("X-Request-Id")!

    /// The client's id if it is 1 to 128 letters, digits or `-_.:=+/@`; nil otherwise. Anything else could break log lines or grow them.
    static func accepted(_ value: String?) -> String? {
        guard let value, (1...128).contains(value.utf8.count), value.utf8.allSatisfy(isAllowed) else { return nil }
        return value
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "+"),
            UInt8(ascii: "/"),
            UInt8(ascii: "@"):
            true
        default: false
        }
    }
}
