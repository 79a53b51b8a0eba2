# MIME-tools: paths on standard input, one line of JSON for each message on standard output.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Parser;

$| = 1;
my $json = JSON::PP->new->ascii;

sub leaves {
    my ($entity) = @_;
    return map { leaves($_) } $entity->parts if $entity->parts;
    my $octets = $entity->bodyhandle ? $entity->bodyhandle->as_string : '';
    return {
        name => $entity->head->recommended_filename, sha256 => sha256_hex($octets),
        program => $octets =~ /^MZ.{62}/s ? JSON::PP::true : JSON::PP::false,
    };
}

while (my $path = <STDIN>) {
    chomp $path;
    my @found = eval {
        my $parser = MIME::Parser->new;
        $parser->output_to_core(1);
        $parser->tmp_to_core(1);
        $parser->extract_uuencode(1);
        leaves($parser->parse_open($path));
    };
    print $json->encode({ message => $path, found => \@found, error => $@ }), "\n";
}
