import CLibPQ
import Foundation

/// Where a PostgreSQL server is and how to connect: a libpq URI or connection string, completed with Millrace's defaults.
///
/// What the operator wrote wins over every default here. The password is in ``parameters`` and shown nowhere.
struct PostgresSettings: Sendable, CustomStringConvertible {
    /// libpq's keywords and their values.
    let parameters: [String: String]

    /// How long one attempt to connect may take in all, with every host of a list.
    let connectTimeout: Duration

    /// - Throws: ``StorageError/Code/configuration``. The text is not repeated there: it may hold a password.
    init(url: String) throws {
        guard !Self.looksMisread(url) else { throw Self.malformed }
        var parameters = try Self.parse(url)
        // "user:pass/word@host" has the port "pass", without anything else being wrong.
        guard (parameters["port"] ?? "").allSatisfy({ $0.isASCII && $0.isNumber || $0 == "," }) else { throw Self.malformed }
        for (keyword, value) in Self.defaults where parameters[keyword] == nil { parameters[keyword] = value }
        // The server reads these from left to right and the last one wins: the operator's own come last.
        parameters["options"] = ([Self.sessionOptions] + [parameters["options"]].compactMap(\.self)).joined(separator: " ")
        let hosts = (parameters["host"] ?? parameters["hostaddr"] ?? "").split(separator: ",").count
        // libpq reads 0 and less as "wait for ever"; an hour is that.
        let seconds = Int(parameters["connect_timeout"] ?? "").flatMap { $0 > 0 ? $0 : nil } ?? 3600
        connectTimeout = .seconds(seconds * max(1, hosts))
        self.parameters = parameters
    }

    /// Host, port and database for messages. Never the password.
    var description: String {
        let host = parameters["host"] ?? parameters["hostaddr"] ?? "the default host"
        return "\(host), port \(parameters["port"] ?? "5432"), database \(parameters["dbname"] ?? "of the user's name")"
    }

    private static let defaults = [
        "application_name": "millrace",
        "client_encoding": "UTF8",
        "connect_timeout": "10",
        // A peer that vanished without a word is noticed within half a minute, also while we wait for its answer.
        "keepalives": "1",
        "keepalives_idle": "15",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        // Bounds the wait for an acknowledgement of what was sent; milliseconds.
        "tcp_user_timeout": "20000",
    ]

    /// `idle_in_transaction_session_timeout` frees what the locks of a process hold that stopped in the middle of a
    /// transaction; `statement_timeout` bounds a statement that went wrong. Both in milliseconds, far above any real use.
    private static let sessionOptions =
        "-c TimeZone=UTC -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c default_transaction_deferrable=off"

    private static func parse(_ url: String) throws -> [String: String] {
        // Its complaint is not asked for: it quotes what it could not read, which may be the password.
        guard let options = PQconninfoParse(url, nil) else { throw malformed }
        defer { PQconninfoFree(options) }
        var named: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { named[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return named
    }

    /// Whether a URI's password has characters in it that should have been encoded. libpq would take a part of the
    /// password for the host, the port or the database, and the messages that name these would tell it.
    private static func looksMisread(_ url: String) -> Bool {
        guard let scheme = url.range(of: "://") else { return false }
        let place = url[scheme.upperBound...].prefix { $0 != "?" }
        let authority = place.prefix { $0 != "/" }
        return place.filter { $0 == "@" }.count > (authority.contains("@") ? 1 : 0)
    }

    private static let malformed = StorageError(
        .configuration,
        """
        the PostgreSQL URL is neither a URI (postgres://user@host:5432/name) nor key=value pairs; \
        in a URI the characters @ / : % ? # of a password are percent-encoded
        """)
}
