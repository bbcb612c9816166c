/// The sites whose scripts may call the API from a browser: the setting `MILLRACE_CORS_ORIGINS`.
package struct CORSOrigins: Sendable {
    private var origins: Set<String> = []
    private var isAny = false

    /// No site but our own.
    package static let none = CORSOrigins()

    private init() {}

    /// - Parameter entries: origins as browsers write them, `https://app.example` or `http://localhost:3000`; `*` is every site.
    /// - Throws: ``Invalid`` naming the first entry that is neither. A `/` behind the host is a slip that would never match.
    package init(_ entries: [String]) throws(Invalid) {
        for entry in entries {
            if entry == "*" {
                isAny = true
            } else if Self.isOrigin(entry) {
                origins.insert(entry)
            } else {
                throw Invalid(entry: entry)
            }
        }
    }

    /// An entry that means nothing.
    package struct Invalid: Error, Sendable {
        /// As it was written.
        package let entry: String
    }

    /// Whether there is none.
    package var isEmpty: Bool { origins.isEmpty && !isAny }

    /// What `Access-Control-Allow-Origin` says to this origin; nil for nothing.
    package func answer(to origin: String) -> String? {
        isAny ? "*" : origins.contains(origin) ? origin : nil
    }

    /// Whether answers differ by origin, so that a cache must keep them apart.
    var differ: Bool { !isAny }

    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            return !rest.isEmpty
                && rest.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                    default: ".-_:[]".utf8.contains(byte)
                    }
                }
        }
        return false
    }
}
