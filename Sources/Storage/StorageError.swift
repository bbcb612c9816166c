/// What went wrong in the database or on the disk, as one kind that callers can switch over.
///
/// `message` is safe to show to an operator; it holds no bound values. A transaction that ends in one of these was not
/// committed, unless `code` is ``Code/outcomeUnknown``.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure. Raw values are stable: they appear in logs and health checks.
    package enum Code: String, Sendable, CaseIterable {
        /// The server or file cannot be reached now; try again.
        case unavailable
        /// Another process held the database for too long; try again.
        case busy
        /// The disk is full; nothing was written.
        case diskFull = "disk_full"
        /// The file or its directory cannot be written by this user.
        case readOnly = "read_only"
        /// The file is no SQLite database, or is damaged.
        case corrupt
        /// Another engine process owns this SQLite file.
        case locked
        /// A CHECK, UNIQUE or NOT NULL constraint refused the row.
        case constraint
        /// The disk reported an error.
        case ioError = "io_error"
        /// The server refused user, password or database name.
        case credentials
        /// A serialization failure or deadlock; the driver reruns these before anyone sees one.
        case conflict
        /// The connection was lost during COMMIT and the server could not be asked what became of it.
        case outcomeUnknown = "outcome_unknown"
        /// Migrations do not fit this binary, or one was changed after it had been applied.
        case schema
        /// A setting (URL, directory) makes no sense.
        case configuration
        /// Anything else, a mistake in a statement for example.
        case other
    }

    /// What callers switch over.
    package let code: Code
    /// For operators; holds no bound values and no password.
    package let message: String

    /// An error of this kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
