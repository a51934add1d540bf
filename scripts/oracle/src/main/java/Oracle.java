import com.fasterxml.jackson.databind.ObjectMapper;
import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.signature.AdvancedSignature;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CandidatesForSigningCertificate;
import eu.europa.esig.dss.spi.x509.CertificateValidity;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.TimestampToken;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Reads one request a line and answers with one line of JSON.
 *
 * <p>{@code dss TIME FILE [CERTIFICATE,… [CRL,…]]} asks the EU's DSS for its verdict at a moment,
 * offline. The certificates are the trust anchors, in base64; without any, the certificates of the
 * file's own signers and timestamp authorities are, so that the bytes are what is judged. The CRLs are
 * known beside what the file brings.
 *
 * <p>{@code pdfa FILE} asks veraPDF whether the file is what its metadata claim to be.
 */
public final class Oracle {
    private Oracle() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        // Libraries that write to the standard output would break the protocol.
        System.setOut(System.err);
        VeraGreenfieldFoundryProvider.initialise();
        ObjectMapper json = new ObjectMapper();
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(json.writeValueAsString(answer(line.split("\t"))));
        }
    }

    private static Map<String, Object> answer(String[] request) {
        try {
            if (request[0].equals("pdfa")) {
                return conformance(new File(request[1]));
            }
            List<CertificateToken> anchors = new ArrayList<>();
            if (request.length > 3) {
                for (String one : request[3].split(",")) {
                    anchors.add(DSSUtils.loadCertificate(Base64.getDecoder().decode(one)));
                }
            }
            List<InputStream> crls = new ArrayList<>();
            if (request.length > 4) {
                for (String one : request[4].split(",")) {
                    crls.add(new ByteArrayInputStream(Base64.getDecoder().decode(one)));
                }
            }
            Date at = Date.from(Instant.parse(request[1]));
            return verdict(new File(request[2]), at, anchors, crls);
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            // A file that fells a validator is a row of the table, not the end of the run.
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("error", e.getClass().getSimpleName());
            row.put("message", String.valueOf(e.getMessage()));
            return row;
        }
    }

    private static Map<String, Object> verdict(
            File file, Date at, List<CertificateToken> anchors, List<InputStream> crls) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        for (CertificateToken one : anchors.isEmpty() ? signers(file) : anchors) {
            trusted.addCertificate(one);
        }
        CommonCertificateVerifier verifier = new CommonCertificateVerifier(true);
        verifier.setAIASource(null);
        verifier.setTrustedCertSources(trusted);
        if (!crls.isEmpty()) {
            verifier.setCrlSource(new ExternalResourcesCRLSource(crls.toArray(new InputStream[0])));
        }
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(at);
        validator.setEnableEtsiValidationReport(false);
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();
        List<Map<String, Object>> signatures = new ArrayList<>();
        for (SignatureWrapper one : data.getSignatures()) {
            Map<String, Object> row = token(simple, one.getId(), one.isSignatureIntact());
            row.put("valid", one.isSignatureValid());
            row.put("format", String.valueOf(one.getSignatureFormat()));
            signatures.add(row);
        }
        List<Map<String, Object>> stamps = new ArrayList<>();
        for (TimestampWrapper one : data.getTimestampList()) {
            Map<String, Object> row = token(simple, one.getId(), one.isSignatureIntact());
            row.put("valid", one.isSignatureValid() && one.isMessageImprintDataIntact());
            row.put("type", String.valueOf(one.getType()));
            stamps.add(row);
        }
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("signatures", signatures);
        row.put("timestamps", stamps);
        return row;
    }

    private static Map<String, Object> token(SimpleReport simple, String id, boolean intact) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("indication", String.valueOf(simple.getIndication(id)));
        row.put("sub", simple.getSubIndication(id) == null ? null : simple.getSubIndication(id).name());
        row.put("intact", intact);
        row.put("errors", keys(simple.getAdESValidationErrors(id)));
        row.put("warnings", keys(simple.getAdESValidationWarnings(id)));
        return row;
    }

    private static List<String> keys(List<Message> messages) {
        List<String> keys = new ArrayList<>();
        for (Message one : messages) {
            keys.add(one.getKey() + ": " + one.getValue());
        }
        return keys;
    }

    /** Returns the certificates that signatures and timestamps name as their own. */
    private static List<CertificateToken> signers(File file) {
        SignedDocumentValidator reader = SignedDocumentValidator.fromDocument(new FileDocument(file));
        reader.setCertificateVerifier(new CommonCertificateVerifier(true));
        List<CertificateToken> found = new ArrayList<>();
        for (AdvancedSignature one : reader.getSignatures()) {
            collect(one.getCandidatesForSigningCertificate(), found);
            for (TimestampToken stamp : one.getAllTimestamps()) {
                collect(stamp.getCandidatesForSigningCertificate(), found);
            }
        }
        for (TimestampToken stamp : reader.getDetachedTimestamps()) {
            collect(stamp.getCandidatesForSigningCertificate(), found);
        }
        return found;
    }

    private static void collect(
            CandidatesForSigningCertificate candidates, List<CertificateToken> found) {
        CertificateValidity best = candidates.getTheBestCandidate();
        if (best != null && best.getCertificateToken() != null) {
            found.add(best.getCertificateToken());
        }
    }

    private static Map<String, Object> conformance(File file) throws Exception {
        Map<String, Object> row = new LinkedHashMap<>();
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file)) {
            List<PDFAFlavour> claimed = parser.getFlavours();
            if (claimed.isEmpty() || claimed.get(0) == PDFAFlavour.NO_FLAVOUR) {
                row.put("flavour", null);
                return row;
            }
            PDFAFlavour flavour = claimed.get(0);
            row.put("flavour", flavour.getId());
            try (PDFAValidator validator =
                    Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                List<String> failed = new ArrayList<>();
                result.getFailedChecks()
                        .forEach((rule, count) -> failed.add(rule.getClause() + "-" + rule.getTestNumber()));
                row.put("compliant", result.isCompliant());
                row.put("failed", failed);
            }
        }
        return row;
    }
}
