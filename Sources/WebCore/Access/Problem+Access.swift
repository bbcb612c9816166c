import HTTPTypes

/// The answers to callers who are not let in, with `WWW-Authenticate` as RFC 6750 section 3 has it.
extension Problem {
    /// Nobody said who it is.
    static var tokenMissing: Problem {
        Problem(
            .unauthenticated, "This needs a token: send Authorization: Bearer ….",
            headers: [.wwwAuthenticate: #"Bearer realm="millrace""#])
    }

    /// The token is no good.
    static func tokenRefused(_ fault: TokenFault) -> Problem {
        Problem(
            .unauthenticated, "The token was refused: \(fault.description).",
            headers: [
                .wwwAuthenticate: #"Bearer realm="millrace", error="invalid_token", error_description="\#(fault.description)""#
            ])
    }

    /// The session has ended, or never was.
    static var sessionRefused: Problem {
        Problem(
            .unauthenticated, "The session has ended: log in again.",
            headers: [.wwwAuthenticate: #"Bearer realm="millrace", error="invalid_token", error_description="the session has ended""#])
    }

    /// The caller is known and may not.
    /// - Parameter need: what it would need, for people.
    static func roleTooLow(needs need: String) -> Problem {
        Problem(
            .forbidden, "This needs \(need).",
            headers: [.wwwAuthenticate: #"Bearer realm="millrace", error="insufficient_scope""#])
    }
}
