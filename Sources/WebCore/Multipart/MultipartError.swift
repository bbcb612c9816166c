/// What is wrong with a multipart body.
package enum MultipartError: Error, Sendable, Equatable {
    /// The content type is not `multipart/form-data`.
    case notMultipart
    /// The content type names no boundary, or one that RFC 2046 forbids.
    case invalidBoundary
    /// A boundary line has something else behind the boundary.
    case malformedBoundaryLine
    /// A header of a part does not follow the grammar, is not UTF-8, or comes twice.
    case malformedHeader
    /// The headers of a part are longer than allowed.
    case headersTooLarge
    /// A part has no `Content-Disposition: form-data` with a name.
    case missingName
    /// More parts than allowed.
    case tooManyParts
    /// A field that is no file is longer than allowed.
    case fieldTooLarge(name: String)
    /// The body ended before the closing boundary.
    case unfinished
}
