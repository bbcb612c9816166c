import Executors
import NetworkAddresses
import Testing

@Suite("Classes of addresses")
struct AddressClassTests {
    @Test(
        "IPv4, each range at both ends and just beyond",
        arguments: [
            ("0.0.0.0", .unspecified), ("0.0.0.1", .reserved), ("0.255.255.255", .reserved), ("1.0.0.0", .global),
            ("9.255.255.255", .global), ("10.0.0.0", .privateUse), ("10.255.255.255", .privateUse), ("11.0.0.0", .global),
            ("100.63.255.255", .global), ("100.64.0.0", .sharedSpace), ("100.127.255.255", .sharedSpace), ("100.128.0.0", .global),
            ("126.255.255.255", .global), ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("128.0.0.0", .global),
            ("169.253.255.255", .global), ("169.254.169.254", .linkLocal), ("169.254.255.255", .linkLocal), ("169.255.0.0", .global),
            ("172.15.255.255", .global), ("172.16.0.0", .privateUse), ("172.31.255.255", .privateUse), ("172.32.0.0", .global),
            ("192.0.0.0", .reserved), ("192.0.0.255", .reserved), ("192.0.1.0", .global), ("192.0.2.1", .documentation),
            ("192.88.99.1", .reserved), ("192.167.255.255", .global), ("192.168.0.0", .privateUse), ("192.168.255.255", .privateUse),
            ("192.169.0.0", .global), ("198.17.255.255", .global), ("198.18.0.0", .benchmarking), ("198.19.255.255", .benchmarking),
            ("198.20.0.0", .global), ("198.51.100.7", .documentation), ("203.0.113.7", .documentation), ("223.255.255.255", .global),
            ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.0", .reserved), ("255.255.255.254", .reserved),
            ("255.255.255.255", .broadcast), ("8.8.8.8", .global),
        ] as [(String, AddressClass)])
    func ipv4(text: String, expected: AddressClass) throws {
        #expect(AddressClass(try #require(IPAddress(text))) == expected)
    }

    @Test(
        "IPv6, and the IPv4 addresses inside it",
        arguments: [
            ("::", .unspecified), ("::1", .loopback), ("::2", .embedded), ("::7f00:1", .embedded), ("::8.8.8.8", .embedded),
            ("::ffff:127.0.0.1", .loopback), ("::ffff:10.1.2.3", .privateUse), ("::ffff:169.254.169.254", .linkLocal),
            ("::ffff:8.8.8.8", .global), ("::ffff:0:127.0.0.1", .embedded), ("::ffff:0:8.8.8.8", .embedded),
            ("64:ff9b::8.8.8.8", .global), ("64:ff9b::127.0.0.1", .embedded), ("64:ff9b::a9fe:a9fe", .embedded),
            ("64:ff9b:1::8.8.8.8", .embedded), ("64:ff9c::1", .reserved), ("100::1", .reserved),
            ("2001::1", .embedded), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", .embedded), ("2001:2::1", .benchmarking),
            ("2001:20::1", .reserved), ("2001:1ff:ffff::1", .reserved), ("2001:200::1", .global), ("2001:db8::1", .documentation),
            ("2001:db9::1", .global), ("2002:808:808::1", .global), ("2002:7f00:1::1", .embedded), ("2002:a9fe:a9fe::1", .embedded),
            ("2002:c0a8:101::1", .embedded), ("2606:4700:4700::1111", .global), ("3fff::1", .documentation), ("3fff:1000::1", .global),
            ("3ffe::1", .global), ("1fff::1", .reserved), ("4000::1", .reserved), ("5f00::1", .reserved), ("fc00::1", .privateUse),
            ("fdff::1", .privateUse), ("fe00::1", .reserved), ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateUse),
            ("feff::1", .privateUse), ("fdff:ffff::1", .privateUse),
            ("ff02::1", .multicast),
        ] as [(String, AddressClass)])
    func ipv6(text: String, expected: AddressClass) throws {
        #expect(AddressClass(try #require(IPAddress(text))) == expected)
    }

    @Test(
        "an address has one notation",
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "127.1", "2130706433", "+1.2.3.4", "1.2.3.-4",
            " 1.2.3.4", "1.2.3.4 ", "1.2.3.４", "[::1]", "::1%lo", "::1/128", ":::", "1::2::3", "::ffff:1.2.3", "12345::",
        ])
    func notation(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("an IPv4-mapped address is the IPv4 address it leads to")
    func mapped() throws {
        let mapped = try #require(IPAddress("::ffff:192.0.2.1"))
        #expect(mapped == IPAddress("192.0.2.1"))
        #expect(mapped.description == "192.0.2.1")
        #expect(IPAddress("2001:DB8:0:0::1")?.description == "2001:db8::1")
    }

    @Test(
        "a block holds what begins with its bits",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("192.0.2.128/25", "192.0.2.128", true), ("192.0.2.128/25", "192.0.2.127", false), ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fc00::1", false), ("2001:db8::/33", "2001:db8:8000::", false),
        ] as [(String, String, Bool)])
    func blocks(block: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressBlock(block)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "what is no block is refused",
        arguments: ["10.1.0.0/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8", "fd00::/129", "hooks"])
    func noBlocks(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}
