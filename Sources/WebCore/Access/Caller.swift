/// What is known of who sent a request.
package enum Caller: Sendable {
    /// It brought nothing to be known by.
    case anonymous
    /// What it brought is no good. An open route answers all the same, any other with this problem.
    case refused(Problem)
    /// It is this one.
    case known(Identity)

    /// Who it is; nil when that is not known.
    package var identity: Identity? {
        if case .known(let identity) = self { identity } else { nil }
    }
}
