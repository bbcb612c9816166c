/// Which database a statement is rendered for. SQL is written once; only a handful of fragments differ.
package enum Dialect: String, Sendable, CaseIterable {
    case sqlite
    case postgres
}
