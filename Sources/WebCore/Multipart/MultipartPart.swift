/// What the headers of a part say.
package struct MultipartPart: Sendable, Equatable {
    /// Name of the form field.
    package let name: String
    /// The client's name for the file; nil if this is no file. May be empty, and may contain anything, slashes included: never use it as a path.
    package let filename: String?
    /// The part's `Content-Type` as sent; nil if it has none. The client's claim, not to be trusted.
    package let contentType: String?
}
