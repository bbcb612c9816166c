package import Storage

extension Problem {
    /// What a client hears about a storage error. The error's own message is for the log: it may name files and hosts.
    package init(_ error: StorageError) {
        switch error.code {
        case .unavailable, .busy, .locked, .conflict:
            self.init(.storageUnavailable, "The database cannot answer now; nothing was changed.")
        case .readOnly, .corrupt, .ioError, .credentials, .schema, .configuration:
            self.init(.storageUnavailable, "The database cannot be used; nothing was changed.", retryAfter: .seconds(30))
        case .diskFull:
            self.init(.diskFull, "The disk is full; nothing was changed.")
        case .outcomeUnknown:
            self.init(.outcomeUnknown, "The connection to the database was lost; look before you send the request again.")
        case .constraint, .other:
            self.init(.internalError, "The request could not be carried out; nothing was changed.")
        }
    }
}
