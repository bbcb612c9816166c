extension JSONWriter {
    /// Writes a member; nil writes `null`.
    package mutating func field(_ key: String, _ value: String?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member; nil writes `null`.
    package mutating func field(_ key: String, _ value: Int64?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member; nil writes `null`.
    package mutating func field(_ key: String, _ value: Int?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member; nil, infinities and NaN write `null`.
    package mutating func field(_ key: String, _ value: Double?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member; nil writes `null`.
    package mutating func field(_ key: String, _ value: Bool?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// Writes a member whose value is JSON already, unchecked; nil writes `null`.
    package mutating func fieldRaw(_ key: String, _ json: String?) {
        self.key(key)
        if let json { raw(json) } else { null() }
    }
}
