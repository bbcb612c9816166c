import Testing

/// Tests of the `millrace` binary itself, as an operator and a client meet it: started, asked over HTTP, killed.
///
/// One after another: each starts processes of its own that want both cores.
@Suite("The binary", .serialized)
enum EndToEnd {}
