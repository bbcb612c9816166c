/// A statement whose text comes from string literals only and whose values can only be bound.
///
/// ```swift
/// let query: SQL = "SELECT id FROM tasks WHERE tenant = \(tenant) AND id < \(cursor)"
/// ```
/// There is no way to splice a `String` into the text: an interpolated string becomes a parameter. What may be spliced is
/// another ``SQL`` (`\(fragment:)`), a row lock (`\(lock:)`) and a planner hint (`\(plainColumn:)`), all of which come
/// from literals as well.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    enum Part: Sendable {
        case literal(String)
        case value(SQLValue)
        case rows(RowSet, alias: String)
        case byDialect(sqlite: String, postgres: String)
    }

    private(set) var parts: [Part]

    public init(stringLiteral text: StaticString) {
        parts = [.literal(text.description)]
    }

    public init(stringInterpolation: StringInterpolation) {
        parts = stringInterpolation.parts
    }

    /// Text read from a file that ships with the product (migrations). Never call this with anything a client sent.
    init(trustedText: String) {
        parts = [.literal(trustedText)]
    }

    /// Appends another statement's text and values.
    public static func += (left: inout SQL, right: SQL) {
        left.parts.append(contentsOf: right.parts)
    }

    /// The kinds of row lock a statement may ask for; SQLite has none and needs none, as its writer is alone.
    package enum RowLock: Sendable {
        /// `FOR UPDATE`
        case update
        /// `FOR SHARE`
        case share
        /// `FOR UPDATE SKIP LOCKED`: rows that another transaction holds are passed over.
        case updateSkipLocked
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(interpolationCount * 2 + 1)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            guard literal.utf8CodeUnitCount > 0 else { return }
            parts.append(.literal(literal.description))
        }

        /// Binds a BIGINT.
        public mutating func appendInterpolation(_ value: Int64?) { parts.append(.value(.int(value))) }
        /// Binds a BIGINT.
        public mutating func appendInterpolation(_ value: Int?) { parts.append(.value(.int(value.map(Int64.init)))) }
        /// Binds 0 or 1.
        public mutating func appendInterpolation(_ value: Bool?) { parts.append(.value(.int(value.map { $0 ? 1 : 0 }))) }
        /// Binds a TEXT.
        public mutating func appendInterpolation(_ value: String?) { parts.append(.value(.text(value))) }
        /// Binds a DOUBLE PRECISION.
        public mutating func appendInterpolation(_ value: Double?) { parts.append(.value(.double(value))) }
        /// Splices another statement with its values.
        public mutating func appendInterpolation(fragment: SQL) { parts.append(contentsOf: fragment.parts) }

        /// A table value called `alias` whose rows are `rows`. A statement holds at most one for `forEach`.
        package mutating func appendInterpolation(_ rows: RowSet, as alias: StaticString) {
            parts.append(.rows(rows, alias: alias.description))
        }

        /// A row lock; put it where PostgreSQL expects it, at the end of a SELECT.
        package mutating func appendInterpolation(lock: RowLock) {
            let clause =
                switch lock {
                case .update: " FOR UPDATE"
                case .share: " FOR SHARE"
                case .updateSkipLocked: " FOR UPDATE SKIP LOCKED"
                }
            parts.append(.byDialect(sqlite: "", postgres: clause))
        }

        /// A column that SQLite's planner must not look up in an index: the partial index on running tasks turns a batch
        /// completion quadratic [200,000 tasks not done in 60 s].
        package mutating func appendInterpolation(plainColumn column: StaticString) {
            parts.append(.byDialect(sqlite: "+" + column.description, postgres: column.description))
        }

        /// Text that differs between the databases. Keep these few: each is a place where one text is two.
        public mutating func appendInterpolation(sqlite: StaticString, postgres: StaticString) {
            parts.append(.byDialect(sqlite: sqlite.description, postgres: postgres.description))
        }
    }
}
