package import JSONText

extension JSONWriter {
    /// Writes a member that is a time in RFC 3339; nil writes `null`.
    /// - Parameter microseconds: Since 1970 UTC.
    package mutating func timeField(_ key: String, _ microseconds: Int64?) {
        field(key, microseconds.map(Timestamp.format))
    }
}
