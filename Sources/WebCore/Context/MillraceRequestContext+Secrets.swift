extension MillraceRequestContext {
    /// Whether answers to this caller may hold passwords and other secrets in clear. The only place that decides it: at
    /// present nobody may.
    package var mayReadSecrets: Bool { false }
}
