/// What one multipart body may contain.
package struct MultipartLimits: Sendable {
    /// Most parts.
    package var parts: Int = 32
    /// Longest headers of one part in bytes, all together.
    package var headerBytes: Int = 8 * 1024
    /// Longest value of a field that is no file, in bytes. Files are not limited here: whoever stores them counts.
    package var fieldBytes: Int = 64 * 1024

    /// The defaults.
    package init() {}
}
