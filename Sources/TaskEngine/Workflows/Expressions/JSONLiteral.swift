import JSONText

/// The JSON texts that expressions put together themselves.
enum JSONLiteral {
    /// A string with its quotes.
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter(capacity: text.utf8.count + 2)
        writer.value(text)
        return writer.text
    }

    /// A string without its quotes: what may stand inside another.
    static func inside(_ text: String) -> String {
        // By bytes: a combining mark behind the quote would be one character with it.
        String(decoding: quoted(text).utf8.dropFirst().dropLast(), as: UTF8.self)
    }
}
