#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One bound parameter. `nil` inside a case is SQL NULL of that type (PostgreSQL wants to know the type of a NULL).
package enum SQLValue: Sendable, Equatable {
    /// BIGINT. Times are microseconds since 1970 UTC, booleans are 0 and 1.
    case int(Int64?)
    /// TEXT. NUL cannot be stored by PostgreSQL; it becomes U+FFFD when the value is bound, here and nowhere else.
    case text(String?)
    /// DOUBLE PRECISION.
    case double(Double?)

    /// The text without NUL bytes, as both databases store it. For what is compared with stored texts outside of SQL.
    package static func storable(_ text: String) -> String {
        // Most texts hold no NUL: one scan, no copy.
        guard hasNUL(text) else { return text }
        return String(decoding: text.utf8.flatMap { $0 == 0 ? Array("\u{FFFD}".utf8) : [$0] }, as: UTF8.self)
    }

    /// Through `memchr`: every text that is bound comes by here.
    private static func hasNUL(_ text: String) -> Bool {
        let found = text.utf8.withContiguousStorageIfAvailable { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, 0, bytes.count) != nil
        }
        return found ?? text.utf8.contains(0)
    }
}
