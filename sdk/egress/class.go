package egress

import "net/netip"

// Class says what sort of address it is. It is a phrase that fits behind "is".
type Class string

// The classes. Only Public is reached without being allowed.
const (
	Public        Class = "a public address"
	Loopback      Class = "an address of this server itself"
	Private       Class = "an address of a private network"
	LinkLocal     Class = "a link-local address"
	Metadata      Class = "a cloud's metadata service"
	Shared        Class = "an address of a provider's shared network (100.64.0.0/10)"
	Documentation Class = "an address for documentation or measuring"
	Reserved      Class = "a reserved address"
	Unspecified   Class = "no address of a host"
	Multicast     Class = "a multicast or broadcast address"
	Translated    Class = "an address that hides another one"
	Listener      Class = "where Ignisfox itself listens"
)

// never says that no permission opens the class: there is no host to connect to, or it is not for anybody.
func (c Class) never() bool { return c == Unspecified || c == Multicast || c == Listener }

// metadata are the addresses where clouds tell a machine its own credentials. Azure's is a public one.
var metadata = addresses(
	"169.254.169.254", "169.254.169.253", "169.254.169.123", // AWS, Google, Azure, Oracle, OpenStack, DigitalOcean and others
	"169.254.170.2", "169.254.170.23", // AWS: containers
	"169.254.42.42", "169.254.0.23", // Scaleway, Tencent
	"100.100.100.200",                                                 // Alibaba
	"192.0.0.192",                                                     // Oracle, before
	"168.63.129.16",                                                   // Azure
	"fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::123", "fd00:ec2::23", // AWS
	"fd20:ce::254", "fd00:42::42", "fe80::a9fe:a9fe", // Google, Scaleway, OpenStack
)

func addresses(texts ...string) map[netip.Addr]bool {
	set := make(map[netip.Addr]bool, len(texts))
	for _, t := range texts {
		set[netip.MustParseAddr(t)] = true
	}
	return set
}

// block is one entry of the IANA registries of special addresses.
type block struct {
	prefix netip.Prefix
	class  Class
}

// blocks is searched from the top.
var blocks = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), Unspecified},
	{netip.MustParsePrefix("10.0.0.0/8"), Private},
	{netip.MustParsePrefix("100.64.0.0/10"), Shared},
	{netip.MustParsePrefix("127.0.0.0/8"), Loopback},
	{netip.MustParsePrefix("169.254.0.0/16"), LinkLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), Private},
	{netip.MustParsePrefix("192.0.0.0/24"), Reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), Documentation},
	{netip.MustParsePrefix("192.31.196.0/24"), Reserved},
	{netip.MustParsePrefix("192.52.193.0/24"), Reserved},
	{netip.MustParsePrefix("192.88.99.0/24"), Reserved},
	{netip.MustParsePrefix("192.168.0.0/16"), Private},
	{netip.MustParsePrefix("192.175.48.0/24"), Reserved},
	{netip.MustParsePrefix("198.18.0.0/15"), Documentation},
	{netip.MustParsePrefix("198.51.100.0/24"), Documentation},
	{netip.MustParsePrefix("203.0.113.0/24"), Documentation},
	{netip.MustParsePrefix("224.0.0.0/4"), Multicast},
	{netip.MustParsePrefix("255.255.255.255/32"), Multicast},
	{netip.MustParsePrefix("240.0.0.0/4"), Reserved},

	{netip.MustParsePrefix("::/128"), Unspecified},
	{netip.MustParsePrefix("::1/128"), Loopback},
	{netip.MustParsePrefix("64:ff9b:1::/48"), Translated}, // where in it the IPv4 address lies is the network's choice
	{netip.MustParsePrefix("fc00::/7"), Private},
	{netip.MustParsePrefix("fe80::/10"), LinkLocal},
	{netip.MustParsePrefix("fec0::/10"), Private},
	{netip.MustParsePrefix("ff00::/8"), Multicast},
	{netip.MustParsePrefix("2001::/32"), Public}, // Teredo: what it hides is looked at
	{netip.MustParsePrefix("2001:2::/48"), Documentation},
	{netip.MustParsePrefix("2001:db8::/32"), Documentation},
	{netip.MustParsePrefix("3fff::/20"), Documentation},
	{netip.MustParsePrefix("2001::/23"), Reserved},
	{netip.MustParsePrefix("64:ff9b::/96"), Public}, // NAT64: likewise
	{netip.MustParsePrefix("2000::/3"), Public},
	{netip.MustParsePrefix("::/0"), Reserved}, // the rest was never given out
}

// Classify says of which class an address is. An IPv4 address in the form of IPv6 is taken as the IPv4 address; what NAT64, 6to4,
// Teredo and ISATAP lead to is looked at by Policy.Check.
func Classify(a netip.Addr) Class {
	a = bare(a)
	if metadata[a] {
		return Metadata
	}
	for _, b := range blocks {
		if b.prefix.Contains(a) {
			return b.class
		}
	}
	if a.IsValid() {
		return Public
	}
	return Unspecified
}

// bare answers the address that is meant: without zone, IPv4 as IPv4.
func bare(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
	teredo = netip.MustParsePrefix("2001::/32")
)

// hidden answers the IPv4 addresses that a gateway on the way would take out of an IPv6 address.
func hidden(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	switch {
	case nat64.Contains(a):
		return []netip.Addr{at(12)}
	case sixTo4.Contains(a):
		return []netip.Addr{at(2)}
	case teredo.Contains(a):
		client := [4]byte{^b[12], ^b[13], ^b[14], ^b[15]}
		return []netip.Addr{at(4), netip.AddrFrom4(client)}
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // ISATAP
		return []netip.Addr{at(12)}
	}
	return nil
}
