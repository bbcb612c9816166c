import CLibPQ

/// The parameters of one statement in text format: all bytes in one buffer, each value ended by NUL.
struct PostgresParameters {
    /// Type oids: the server need not guess, and a NULL has a type.
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = []
    /// Where each value starts in `bytes`; nil is NULL.
    private var offsets: [Int?] = []

    init() {}

    init(_ parameters: [RenderedSQL.Parameter]) {
        types.reserveCapacity(parameters.count)
        offsets.reserveCapacity(parameters.count)
        for parameter in parameters {
            switch parameter {
            case .value(.int(let number)): add(number.map(String.init), type: Self.int8)
            case .value(.double(let number)): add(number.map { String($0) }, type: Self.float8)
            case .value(.text(let text)): add(text.map(SQLValue.storable), type: Self.text)
            case .array(let rows, let column): add(rows.arrayLiteral(column: column), type: Self.arrayType(of: rows.columns[column].kind))
            case .json, .rowColumn: preconditionFailure("rendered for SQLite only")
            }
        }
    }

    var count: Int32 { Int32(offsets.count) }

    /// The values as libpq takes them, valid within `body`.
    func withPointers<R>(_ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        bytes.withUnsafeBytes { buffer in
            let characters = buffer.assumingMemoryBound(to: CChar.self)
            return body(offsets.map { offset in offset.flatMap { characters.baseAddress?.advanced(by: $0) } })
        }
    }

    private mutating func add(_ value: String?, type: Oid) {
        types.append(type)
        offsets.append(value == nil ? nil : bytes.count)
        if let value {
            bytes.append(contentsOf: value.utf8)
            bytes.append(0)
        }
    }

    // Fixed oids of the server's catalog (pg_type.dat).
    private static let int8: Oid = 20
    private static let text: Oid = 25
    private static let float8: Oid = 701

    private static func arrayType(of kind: RowSet.Column.Kind) -> Oid {
        switch kind {
        case .bigint: 1016
        case .text: 1009
        case .double: 1022
        }
    }
}
