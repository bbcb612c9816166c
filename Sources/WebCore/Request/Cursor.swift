import JSONText

/// Where a list goes on: the keys of the last row that the client has. Opaque to clients.
///
/// Inside it is a small JSON text, `[1,"tasks",42]`: a version, the list it belongs to, the keys; base64url without padding. It is not
/// signed, because every query checks the tenant anyway.
package struct Cursor: Sendable, Equatable {
    /// One key of the order that a list has.
    package enum Key: Sendable, Equatable {
        case int(Int64)
        case text(String)
    }

    static let version: Int64 = 1
    /// Longer ones are not ours: keys are ids, times and names.
    static let maxLength = 2048

    /// Name of the list, so that a cursor of one list is refused by another.
    package let list: String
    /// The keys in the order of the list.
    package let keys: [Key]

    /// Creates a cursor.
    package init(_ list: String, _ keys: Key...) {
        self.list = list
        self.keys = keys
    }

    /// Creates a cursor of a list that is ordered by row id.
    package init(_ list: String, id: Int64) {
        self.init(list, .int(id))
    }

    /// Reads a client's text; nil unless ``text`` wrote it, for this list and with keys of these kinds.
    init?(_ text: String, list: String, kinds: [CursorKeyKind]) {
        guard text.utf8.count <= Self.maxLength, let bytes = Base64URL.decode(text), let document = try? JSONDocument(parsing: bytes) else {
            return nil
        }
        let elements = document.root.elements
        guard elements.count == kinds.count + 2, elements[0].int64 == Self.version, elements[1].string == list else { return nil }
        var keys: [Key] = []
        for (element, kind) in zip(elements.dropFirst(2), kinds) {
            switch kind {
            case .int:
                guard let number = element.int64 else { return nil }
                keys.append(.int(number))
            case .text:
                guard let string = element.string else { return nil }
                keys.append(.text(string))
            }
        }
        self.list = list
        self.keys = keys
    }

    /// The text that a client sends back.
    package var text: String {
        var writer = JSONWriter(capacity: 64)
        writer.array { writer in
            writer.value(Self.version)
            writer.value(list)
            for key in keys {
                switch key {
                case .int(let number): writer.value(number)
                case .text(let string): writer.value(string)
                }
            }
        }
        return Base64URL.encode(writer.bytes)
    }

    /// A key that is an integer. A wrong position or kind is a programmer's error and reads as 0.
    package func int(_ position: Int) -> Int64 {
        guard keys.indices.contains(position), case .int(let number) = keys[position] else { return 0 }
        return number
    }

    /// A key that is a text. A wrong position or kind is a programmer's error and reads as empty.
    package func text(_ position: Int) -> String {
        guard keys.indices.contains(position), case .text(let string) = keys[position] else { return "" }
        return string
    }
}

/// The kind of one key of a list's order.
package enum CursorKeyKind: Sendable {
    case int, text
}
