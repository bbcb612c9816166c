/// Something in a configuration file that Splunk would read otherwise than its author may have meant, or that was changed
/// so that it could be stored. A file with problems is still parsed to its end.
package struct ConfProblem: Sendable, Equatable {
    /// What kind of problem it is. The raw values are part of the HTTP answers and never change.
    package enum Code: String, Sendable, CaseIterable {
        /// A header line has text behind its last `]`; that text was dropped.
        case textAfterStanza = "text_after_stanza"
        /// A line starts with `[` and has no `]`; it opens no stanza, and what follows belongs to the stanza before.
        case unclosedStanza = "unclosed_stanza"
        /// A key has blanks inside; it was kept as it stands.
        case keyWithBlanks = "key_with_blanks"
        /// A line has nothing before its `=`; it was ignored.
        case emptyKey = "empty_key"
        /// A line starts with `*`, as text in a specification does; it was ignored.
        case starLine = "star_line"
        /// The file is not UTF-8 and was read as Windows-1252.
        case notUTF8 = "not_utf8"
        /// The file has a UTF-16 byte order mark and halves of characters; each became U+FFFD.
        case invalidUTF16 = "invalid_utf16"
        /// Lines end with a lone CR (the file has no LF at all).
        case crLineEnds = "cr_line_ends"
        /// The file holds NUL characters; each became U+FFFD.
        case nulCharacter = "nul_character"
        /// A value is longer than the limit and was cut.
        case valueTooLong = "value_too_long"
        /// A key or a stanza name is longer than the limit and was cut.
        case nameTooLong = "name_too_long"
        /// A line is longer than the limit and was cut.
        case lineTooLong = "line_too_long"
    }

    /// The kind.
    package let code: Code
    /// Line of the file, from 1.
    package let line: Int
    /// One sentence for people. Never holds a value, since values may be secret.
    package let detail: String

    /// A problem at a line.
    package init(code: Code, line: Int, detail: String) {
        self.code = code
        self.line = line
        self.detail = detail
    }
}
