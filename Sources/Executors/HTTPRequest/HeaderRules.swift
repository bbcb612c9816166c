/// Which headers a task may send, and which hold secrets.
enum HeaderRules {
    /// More than this, or longer together, and servers refuse the request anyway.
    static let mostHeaders = 100
    static let mostBytes = 32 * 1024

    /// What is wrong with a header that a client wants sent, for people; nil when nothing is. Holds nothing of the value.
    static func problem(name: String, value: String) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else { return "is no valid header name" }
        let lower = name.lowercased()
        if lower == "host" { return "cannot be set: it follows from the url" }
        if connectionHeaders.contains(lower) { return "cannot be set: it belongs to the connection" }
        if lower.hasPrefix("x-millrace-") { return "cannot be set: names that begin with X-Millrace- are Millrace's own" }
        guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x09 }) else {
            return "has line ends, control characters or bytes beyond ASCII in its value"
        }
        return nil
    }

    /// Whether a header's value is kept out of results and errors.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains(name)
            || ["token", "secret", "password", "api-key", "apikey", "signature"].contains { name.contains($0) }
    }

    /// RFC 9110 section 7.6.1 and what frames a message. `Expect` is here because nobody would wait for its answer.
    private static let connectionHeaders: Set<String> = [
        "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private static let secretNames: Set<String> = ["authorization", "cookie", "set-cookie", "proxy-authorization", "authentication-info"]

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
