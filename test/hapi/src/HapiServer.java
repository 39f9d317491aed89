import ca.uhn.fhir.batch2.jobs.bulkmodify.reindex.ReindexProvider;
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.IDaoRegistry;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binstore.DatabaseBinaryContentStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HibernatePropertiesProvider;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.config.util.ResourceCountCacheUtil;
import ca.uhn.fhir.jpa.dao.FulltextSearchSvcImpl;
import ca.uhn.fhir.jpa.dao.IFulltextSearchSvc;
import ca.uhn.fhir.jpa.dao.search.HSearchSortHelperImpl;
import ca.uhn.fhir.jpa.dao.search.IHSearchSortHelper;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.provider.DaoRegistryResourceSupportedSvc;
import ca.uhn.fhir.jpa.provider.DiffProvider;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.TerminologyUploaderProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.search.IStaleSearchDeletingSvc;
import ca.uhn.fhir.jpa.search.StaleSearchDeletingSvcImpl;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.config.WebsocketDispatcherConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.jpa.util.ResourceCountCache;
import ca.uhn.fhir.narrative2.NullNarrativeGenerator;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.IResourceSupportedSvc;
import ca.uhn.fhir.rest.server.ApacheProxyAddressStrategy;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.IServerAddressStrategy;
import ca.uhn.fhir.rest.server.IncomingRequestAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.CorsInterceptor;
import ca.uhn.fhir.rest.server.interceptor.LoggingInterceptor;
import ca.uhn.fhir.rest.server.interceptor.ResponseHighlighterInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.persistence.EntityManagerFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.hibernate.dialect.Dialect;
import org.springframework.beans.factory.config.AutowireCapableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.elasticsearch.ElasticsearchRestClientAutoConfiguration;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration;
import org.springframework.boot.autoconfigure.thymeleaf.ThymeleafAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.web.cors.CorsConfiguration;

/**
 * A small embedding of the HAPI FHIR R4 JPA server (H2 in memory, embedded Tomcat), with the
 * defaults of the usual deployment (servlet at /fhir, paging by _getpages, 20 a page, pretty JSON,
 * CORS, incoming-request address strategy). Settings come from the environment:
 *   PORT, HAPI_BIND, HAPI_ADDRESS (incoming | apache | apache-https | a fixed base URL),
 *   HAPI_PRETTY, HAPI_MAX_PAGE, HAPI_ACCESS_LOG, HAPI_DB_URL, HAPI_POOL,
 *   HAPI_OWNER (a process id: end when that process ends).
 */
@Configuration(proxyBeanMethods = true)
@EnableAutoConfiguration(
        exclude = {
            ElasticsearchRestClientAutoConfiguration.class,
            HibernateJpaAutoConfiguration.class,
            FlywayAutoConfiguration.class,
            ThymeleafAutoConfiguration.class
        })
@EnableTransactionManagement
@Import({
    JpaR4Config.class, ThreadPoolFactoryConfig.class, JpaBatch2Config.class, Batch2JobsConfig.class,
    SubscriptionSubmitterConfig.class, SubscriptionProcessorConfig.class, SubscriptionChannelConfig.class,
    WebsocketDispatcherConfig.class
})
public class HapiServer {

    static String env(String name, String dflt) {
        String v = System.getenv(name);
        return v == null || v.isEmpty() ? dflt : v;
    }

    static final String PORT = env("PORT", "8080");

    public static void main(String[] args) {
        Map<String, Object> p = new HashMap<>();
        p.put("server.port", PORT);
        p.put("server.address", env("HAPI_BIND", "127.0.0.1"));
        p.put("server.tomcat.relaxed-query-chars", "|");
        p.put("spring.main.allow-circular-references", "true");
        p.put("spring.main.banner-mode", "off");
        p.put("spring.datasource.url", env("HAPI_DB_URL", "jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1"));
        p.put("spring.datasource.username", "sa");
        p.put("spring.datasource.password", "");
        p.put("spring.datasource.driver-class-name", "org.h2.Driver");
        p.put("spring.datasource.hikari.maximum-pool-size", env("HAPI_POOL", "10"));
        p.put("logging.level.root", "WARN");
        p.put("logging.level.org.springframework.boot", "INFO");
        p.put("logging.level.hapi.access", Boolean.parseBoolean(env("HAPI_ACCESS_LOG", "false")) ? "INFO" : "WARN");
        SpringApplication app = new SpringApplication(HapiServer.class);
        app.setDefaultProperties(p);
        endWithOwner(env("HAPI_OWNER", ""));
        app.run(args);
    }

    /** Ends this server when the process that it was started for has ended, however that did. */
    private static void endWithOwner(String pid) {
        if (pid.isEmpty()) return;
        ProcessHandle.of(Long.parseLong(pid)).ifPresentOrElse(
                owner -> owner.onExit().thenRun(() -> Runtime.getRuntime().halt(0)),
                () -> Runtime.getRuntime().halt(0));
    }

    // ---- storage -------------------------------------------------------------------------

    @Bean
    public JpaStorageSettings storageSettings() {
        JpaStorageSettings s = new JpaStorageSettings();
        s.setAllowMultipleDelete(true);
        s.setExpungeEnabled(true);
        s.setFilterParameterEnabled(true);
        s.setAllowContainsSearches(true);
        s.setHibernateSearchIndexFullText(false);
        s.setHibernateSearchIndexSearchParams(false);
        // Without this an absolute reference to the server's own base is refused (HAPI-0507).
        s.setAllowExternalReferences(true);
        s.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.ALPHANUMERIC);
        return s;
    }

    @Bean
    public PartitionSettings partitionSettings() {
        return new PartitionSettings();
    }

    @Bean
    public SubscriptionSettings subscriptionSettings() {
        return new SubscriptionSettings();
    }

    @Bean
    public IEmailSender emailSender() {
        return details -> {};
    }

    @Bean
    public DatabaseBinaryContentStorageSvcImpl binaryStorage() {
        return new DatabaseBinaryContentStorageSvcImpl();
    }

    @Bean
    public IFulltextSearchSvc fullTextSearchSvc() {
        return new FulltextSearchSvcImpl();
    }

    @Bean
    public IHSearchSortHelper hSearchSortHelper(ISearchParamRegistry registry) {
        return new HSearchSortHelperImpl(registry);
    }

    @Bean
    public IStaleSearchDeletingSvc staleSearchDeletingSvc() {
        return new StaleSearchDeletingSvcImpl();
    }

    @Bean
    public IResourceSupportedSvc resourceSupportedSvc(IDaoRegistry registry) {
        return new DaoRegistryResourceSupportedSvc(registry);
    }

    @Bean(name = "myResourceCountsCache")
    public ResourceCountCache resourceCountsCache(IFhirSystemDao<?, ?> dao) {
        return ResourceCountCacheUtil.newResourceCountCache(dao);
    }

    @Bean
    public DatabaseBackedPagingProvider pagingProvider() {
        DatabaseBackedPagingProvider p = new DatabaseBackedPagingProvider();
        p.setDefaultPageSize(20);
        p.setMaximumPageSize(Integer.parseInt(env("HAPI_MAX_PAGE", "200")));
        return p;
    }

    @Primary
    @Bean
    public LocalContainerEntityManagerFactoryBean entityManagerFactory(
            DataSource ds, ConfigurableListableBeanFactory bf, FhirContext ctx, JpaStorageSettings settings) {
        LocalContainerEntityManagerFactoryBean f = HapiEntityManagerFactoryUtil.newEntityManagerFactory(bf, ctx, settings);
        Map<String, Object> p = new HashMap<>();
        p.put("hibernate.dialect", HapiFhirH2Dialect.class.getName());
        p.put("hibernate.hbm2ddl.auto", "update");
        p.put("hibernate.jdbc.batch_size", "20");
        p.put("hibernate.cache.use_query_cache", "false");
        p.put("hibernate.cache.use_second_level_cache", "false");
        p.put("hibernate.search.enabled", "false");
        p.put("hibernate.archive.scanner", "org.hibernate.boot.archive.scan.internal.DisabledScanner");
        f.setPersistenceUnitName("HAPI_PU");
        f.setJpaPropertyMap(p);
        f.setDataSource(ds);
        return f;
    }

    @Primary
    @Bean
    public JpaTransactionManager transactionManager(EntityManagerFactory emf) {
        return new JpaTransactionManager(emf);
    }

    @Primary
    @Bean
    public HibernatePropertiesProvider hibernateProperties() {
        return new HibernatePropertiesProvider() {
            private final Dialect dialect = new HapiFhirH2Dialect();

            @Override
            public Dialect getDialect() {
                return dialect;
            }
        };
    }

    // ---- servlets ------------------------------------------------------------------------

    private static IServerAddressStrategy addressStrategy() {
        String a = env("HAPI_ADDRESS", "incoming");
        switch (a) {
            case "incoming":
                return new IncomingRequestAddressStrategy();
            case "apache":
                return ApacheProxyAddressStrategy.forHttp();
            case "apache-https":
                return ApacheProxyAddressStrategy.forHttps();
            default:
                return new HardcodedServerAddressStrategy(a);
        }
    }

    private static RestfulServer newServer(FhirContext ctx) {
        RestfulServer s = new RestfulServer(ctx);
        s.setDefaultResponseEncoding(EncodingEnum.JSON);
        s.setDefaultPrettyPrint(Boolean.parseBoolean(env("HAPI_PRETTY", "true")));
        return s;
    }

    @Bean
    public ServletRegistrationBean<RestfulServer> fhirServlet(
            AutowireCapableBeanFactory beans,
            FhirContext ctx,
            IFhirSystemDao<?, ?> systemDao,
            IJpaSystemProvider systemProvider,
            ResourceProviderFactory resourceProviders,
            JpaStorageSettings storageSettings,
            ISearchParamRegistry searchParams,
            IValidationSupport validationSupport,
            DatabaseBackedPagingProvider paging,
            TerminologyUploaderProvider terminology,
            ValueSetOperationProvider valueSets,
            ReindexProvider reindex,
            DiffProvider diff,
            BulkDataExportProvider bulkExport) {
        ctx.setNarrativeGenerator(new NullNarrativeGenerator());
        RestfulServer s = newServer(ctx);
        s.registerProviders(resourceProviders.createProviders());
        s.registerProviders(systemProvider, terminology, valueSets, reindex, diff, bulkExport);
        JpaCapabilityStatementProvider caps =
                new JpaCapabilityStatementProvider(s, systemDao, storageSettings, searchParams, validationSupport);
        caps.setImplementationDescription("HAPI FHIR R4 Server");
        s.setServerConformanceProvider(caps);
        s.setPagingProvider(paging);
        s.setServerAddressStrategy(addressStrategy());
        s.registerInterceptor(new ResponseHighlighterInterceptor());
        LoggingInterceptor log = new LoggingInterceptor();
        log.setLoggerName("hapi.access");
        s.registerInterceptor(log);
        s.registerInterceptor(cors());
        beans.autowireBean(s);
        ServletRegistrationBean<RestfulServer> r = new ServletRegistrationBean<>(s, "/fhir/*");
        r.setName("fhir");
        r.setLoadOnStartup(1);
        return r;
    }

    private static CorsInterceptor cors() {
        CorsConfiguration c = new CorsConfiguration();
        c.setAllowedOriginPatterns(List.of("*"));
        c.setAllowedHeaders(List.of("Origin", "Accept", "Content-Type", "Authorization", "Cache-Control",
                "X-Requested-With", "Prefer", "x-fhir-starter"));
        c.setExposedHeaders(List.of("Location", "Content-Location"));
        c.setAllowedMethods(List.of("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"));
        c.setAllowCredentials(true);
        return new CorsInterceptor(c);
    }
}
