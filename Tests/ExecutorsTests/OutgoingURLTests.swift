import Executors
import Testing

@Suite("URLs of outgoing requests")
struct OutgoingURLTests {
    @Test(
        "have one spelling",
        arguments: [
            ("http://example.com", "http://example.com/"),
            ("HTTPS://Example.COM:443/A?b=C#d", "https://example.com/A?b=C"),
            ("http://example.com.:80/", "http://example.com/"),
            ("http://example.com:8080?x", "http://example.com:8080/?x"),
            ("http://example.com:/x", "http://example.com/x"),
            ("http://[2001:DB8::0001]:81/", "http://[2001:db8::1]:81/"),
            ("http://[::ffff:10.0.0.1]/", "http://10.0.0.1/"),
            ("http://192.0.2.1/a b".replacing(" ", with: "%20"), "http://192.0.2.1/a%20b"),
            ("https://example.com/ü?q=\"<>\"&r=%zz%41", "https://example.com/%C3%BC?q=%22%3C%3E%22&r=%25zz%41"),
            ("https://my_service:9/", "https://my_service:9/"),
            ("http://example.com\\@192.0.2.1/", "http://example.com/%5C@192.0.2.1/"),
            ("http://example.com/@user", "http://example.com/@user"),
            ("http://example.com?@192.0.2.1", "http://example.com/?@192.0.2.1"),
            ("http://example.com#@192.0.2.1", "http://example.com/"),
            ("http://example.com//other/../x", "http://example.com//other/../x"),
        ])
    func spelling(text: String, expected: String) throws {
        let url = try OutgoingURL(text)
        #expect(url.text == expected)
    }

    @Test(
        "are refused with the reason",
        arguments: [
            ("", "does not begin"), ("example.com", "does not begin"), ("ftp://example.com", "does not begin"),
            ("file:///etc/passwd", "does not begin"), ("http:/example.com", "does not begin"), ("http+unix://x/", "does not begin"),
            ("javascript://x", "does not begin"), ("http://", "no host"), ("http:///x", "no host"), ("http://:80/", "no host"),
            ("http://.", "no host"), ("http://user:hunter2@example.com/", "user name or password"),
            ("http://hunter2@example.com/", "user name or password"), ("http://example.com:0/", "port"),
            ("http://example.com:65536/", "port"), ("http://example.com:8o/", "port"), ("http://example.com:-1/", "port"),
            ("http://example.com/\r\nHost: other", "control characters"), ("http://exam ple.com/", "blanks"),
            ("http://example.com/\u{0}", "control characters"), ("http://::1/", "brackets"), ("http://[::1/", "IPv6"),
            ("http://[127.0.0.1]/", "IPv6"), ("http://[::1%25lo]/", "zone"), ("http://[fe80::1%eth0]/", "zone"),
            ("http://%31%32%37.0.0.1/", "percent"), ("http://0x7f.0.0.1/", "number"), ("http://0x7f000001/", "number"),
            ("http://2130706433/", "number"), ("http://127.1/", "number"), ("http://0177.0.0.1/", "number"),
            ("http://127.0.0.1.1/", "number"),
            ("http://192.168.0.257/", "number"), ("http://foo.0x/", "number"), ("http://１２７.0.0.1/", "ASCII"),
            ("http://münchen.example/", "ASCII"), ("http://exa$mple.com/", "host name"), ("http://a..b/", "host name"),
            ("http://a,b/", "host name"), ("http://" + String(repeating: "a", count: 64) + ".com/", "host name"),
            ("http://example.com/" + String(repeating: "a", count: 8192), "longer"),
        ])
    func refusals(text: String, reason: String) {
        do throws(OutgoingURL.Invalid) {
            let url = try OutgoingURL(text)
            Issue.record("taken as \(url.text)")
        } catch {
            #expect(error.reason.contains(reason), "\(error.reason)")
            #expect(!error.reason.contains("hunter2"))
        }
    }

    @Test("are shown without the query, in which secrets travel")
    func shown() throws {
        let url = try OutgoingURL("https://example.com/a?token=hunter2#x")
        #expect(url.shown == "https://example.com/a")
    }
}
