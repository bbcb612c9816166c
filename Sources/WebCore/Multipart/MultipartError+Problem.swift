extension Problem {
    /// What a client hears about a multipart body that cannot be read.
    package init(_ error: MultipartError) {
        switch error {
        case .notMultipart: self.init(.unsupportedMediaType, "Content-Type has to be multipart/form-data.")
        case .invalidBoundary: self.init(.malformedMultipart, "Content-Type needs a boundary of 1 to 70 permitted characters.")
        case .malformedBoundaryLine: self.init(.malformedMultipart, "A boundary line has something else behind the boundary.")
        case .malformedHeader: self.init(.malformedMultipart, "A header of a part cannot be read.")
        case .headersTooLarge: self.init(.malformedMultipart, "The headers of a part are too long.")
        case .missingName: self.init(.malformedMultipart, "A part has no Content-Disposition: form-data with a name.")
        case .tooManyParts: self.init(.malformedMultipart, "The body has too many parts.")
        case .fieldTooLarge(let name): self.init(.bodyTooLarge, "The field \(JSONPointer.shortened(name)) is too long.")
        case .unfinished: self.init(.malformedMultipart, "The body ends before its closing boundary.")
        }
    }
}
