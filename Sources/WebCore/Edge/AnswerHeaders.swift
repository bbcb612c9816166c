import HTTPTypes

/// The header fields that every answer has unless its route set them itself: a page or a download knows better what it needs.
enum AnswerHeaders {
    /// - Parameter hsts: adds `Strict-Transport-Security`, which browsers heed only on TLS.
    static func fields(hsts: Bool) -> [HTTPField] {
        var fields = [
            HTTPField(name: .contentSecurityPolicy, value: policy),
            HTTPField(name: .xContentTypeOptions, value: "nosniff"),
            // Not no-referrer: with it, browsers send `Origin: null` with our own forms, whose origin is checked.
            HTTPField(name: .referrerPolicy, value: "same-origin"),
            // Nearly every answer holds what belongs to one tenant.
            HTTPField(name: .cacheControl, value: "no-store"),
        ]
        // Two years, as the preload lists ask for. Other names of the domain are not ours to decide about.
        if hsts { fields.append(HTTPField(name: .strictTransportSecurity, value: "max-age=63072000")) }
        return fields
    }

    /// Scripts, styles and connections come from this server alone, and none of them stands in a page; no other site frames a page.
    private static let policy =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self("Referrer-Policy")!
}
