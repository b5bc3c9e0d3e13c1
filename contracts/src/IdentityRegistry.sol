// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {ERC721Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC721/ERC721Upgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDID} from "./interfaces/IDID.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";
import {IWPEAQ} from "./interfaces/IWPEAQ.sol";

/// @title The machines: one soulbound token per machine address, with its operator and its status.
/// @notice Token id = machine id, counted from 1 without gaps. The machine's address owns its token for good.
/// @dev Source: published ABI of IdentityRegistry; what an ABI does not fix is described in docs/contracts.md.
contract IdentityRegistry is
    ERC721Upgradeable,
    OwnableUpgradeable,
    ReentrancyGuardTransient,
    UUPSUpgradeable,
    IIdentityRegistry
{
    using SafeERC20 for IERC20;

    /// @notice Machine status. Source: published client (values 0 to 4 in this order).
    enum Status {
        None,
        Pending,
        Verified,
        Rejected,
        Deactivated
    }

    /// @dev One slot. `statusBefore` is what a deactivated machine returns to.
    struct Machine {
        address operator;
        Status status;
        Status statusBefore;
    }

    /// @custom:storage-location erc7201:peaqos.storage.IdentityRegistry
    struct RegistryStorage {
        uint256 totalMachines;
        uint256 minBond;
        IIdentityStaking staking;
        IWPEAQ wpeaq;
        IDID did;
        string baseURI;
        mapping(address => uint256) machineIdOfOwner;
        mapping(uint256 machineId => Machine) machines;
    }

    // keccak256(abi.encode(uint256(keccak256("peaqos.storage.IdentityRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0x94be898d13b0f755536e61eeea461247b00822556f7ad9c58d30311f6f471c00;

    /// @notice Smallest bond above zero that can be set, in wei: catches an amount given in PEAQ instead of wei.
    uint256 public constant MIN_BOND_FLOOR = 0.01 ether;

    /// @dev The published client always sends exactly this bond.
    uint256 private constant DEFAULT_BOND = 1 ether;

    event BaseURISet(string newBaseURI);
    event DIDPrecompileSet(address indexed did);
    event ETHRescued(address indexed to, uint256 amount);
    event IdentityStakingSet(address indexed staking);
    event MachineDeactivated(uint256 indexed machineId, address indexed owner);
    event MachineReactivated(uint256 indexed machineId, address indexed owner);
    event MachineRejected(uint256 indexed machineId);
    event MachineVerified(uint256 indexed machineId);
    event MinBondChanged(uint256 indexed newMinBond);
    event OperatorSet(uint256 indexed machineId, address indexed operator);
    event Registered(uint256 indexed machineId, string machineURI, address indexed owner);
    event WPEAQSet(address indexed wpeaq);

    error AlreadyRegistered();
    error BondBelowFloor();
    error BondNotRequired();
    error ContractNotConfigured();
    error ETHTransferFailed();
    error IdentityNFTSoulbound();
    error IncorrectBondAmount();
    error InvalidAddress();
    error InvalidMachineAddress();
    error InvalidStatus();
    error MachineNotFound();
    error NotMachineOwner();
    /// @dev Part of the published ABI; unused here, because a machine's wallet is always its own address.
    error WalletAlreadyBound(address wallet);

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner and a bond of 1 PEAQ. Source: published ABI.
    function initialize(address initialOwner) external initializer {
        __ERC721_init("peaqOS Machine Identity", "MACHINE-ID");
        __Ownable_init(initialOwner);
        _storage().minBond = DEFAULT_BOND;
        emit MinBondChanged(DEFAULT_BOND);
    }

    // ---------------------------------------------------------------- registration

    /// @notice Registers the caller as a machine; the value sent must be exactly `minBond`.
    /// @return the new machine id. Source: published ABI.
    function register() external payable nonReentrant returns (uint256) {
        return _register(msg.sender, address(0));
    }

    /// @notice Registers another address as a machine of which the caller is the operator and pays the bond. The
    ///         machine owns the identity. Source: published ABI; ownership as the published CLI expects it.
    /// @return the new machine id
    function registerFor(address machineAddress) external payable nonReentrant returns (uint256) {
        require(machineAddress != address(0) && machineAddress != msg.sender, InvalidMachineAddress());
        return _register(machineAddress, msg.sender);
    }

    function _register(address machine, address operator) private returns (uint256 machineId) {
        RegistryStorage storage $ = _storage();
        require($.machineIdOfOwner[machine] == 0, AlreadyRegistered());
        uint256 bond = $.minBond;
        if (msg.value != bond) {
            if (bond == 0) revert BondNotRequired();
            revert IncorrectBondAmount();
        }
        machineId = ++$.totalMachines;
        $.machineIdOfOwner[machine] = machineId;
        $.machines[machineId] = Machine(operator, Status.Pending, Status.None);
        _mint(machine, machineId);
        emit Registered(machineId, tokenURI(machineId), machine);
        if (operator != address(0)) emit OperatorSet(machineId, operator);
        if (bond != 0) _payBond($.wpeaq, $.staking, machineId, machine, bond);
    }

    /// @dev Wraps the native bond and lets the staking contract pull it. Source: published ABI (setWPEAQ, stakeFor).
    function _payBond(IWPEAQ wpeaq, IIdentityStaking staking, uint256 machineId, address machine, uint256 bond)
        private
    {
        require(address(wpeaq) != address(0) && address(staking) != address(0), ContractNotConfigured());
        wpeaq.deposit{value: bond}();
        IERC20(address(wpeaq)).forceApprove(address(staking), bond);
        staking.stakeFor(machineId, machine, bond);
    }

    // ---------------------------------------------------------------- status

    /// @notice Marks a pending or rejected machine as verified. Registry owner only. Source: published ABI; steps ours.
    function verifyMachine(uint256 machineId) external onlyOwner {
        Machine storage machine = _existing(machineId);
        require(machine.status == Status.Pending || machine.status == Status.Rejected, InvalidStatus());
        machine.status = Status.Verified;
        emit MachineVerified(machineId);
    }

    /// @notice Marks a pending or verified machine as rejected. Registry owner only. Source: published ABI; steps ours.
    function rejectMachine(uint256 machineId) external onlyOwner {
        Machine storage machine = _existing(machineId);
        require(machine.status == Status.Pending || machine.status == Status.Verified, InvalidStatus());
        machine.status = Status.Rejected;
        emit MachineRejected(machineId);
    }

    /// @notice Takes a machine out of service: it can submit no events until it is reactivated. Machine or operator.
    ///         Source: published ABI; callers ours.
    function deactivateMachine(uint256 machineId) external {
        Machine storage machine = _existing(machineId);
        require(isAuthorizedOrOwner(msg.sender, machineId), NotMachineOwner());
        require(machine.status != Status.Deactivated, InvalidStatus());
        machine.statusBefore = machine.status;
        machine.status = Status.Deactivated;
        emit MachineDeactivated(machineId, _ownerOf(machineId));
    }

    /// @notice Brings a deactivated machine back with the status it had before. Machine or operator.
    ///         Source: published ABI; callers and returned status ours.
    function reactivateMachine(uint256 machineId) external {
        Machine storage machine = _existing(machineId);
        require(isAuthorizedOrOwner(msg.sender, machineId), NotMachineOwner());
        require(machine.status == Status.Deactivated, InvalidStatus());
        machine.status = machine.statusBefore;
        machine.statusBefore = Status.None;
        emit MachineReactivated(machineId, _ownerOf(machineId));
    }

    // ---------------------------------------------------------------- settings (owner)

    /// @notice Sets the exact bond in wei: 0 (no bond) or at least `MIN_BOND_FLOOR`. Source: published ABI; rule ours.
    function setMinBond(uint256 _minBond) external onlyOwner {
        require(_minBond == 0 || _minBond >= MIN_BOND_FLOOR, BondBelowFloor());
        _storage().minBond = _minBond;
        emit MinBondChanged(_minBond);
    }

    /// @notice Sets the contract that holds the bonds. Source: published ABI.
    function setIdentityStaking(address _staking) external onlyOwner {
        require(_staking != address(0), InvalidAddress());
        _storage().staking = IIdentityStaking(_staking);
        emit IdentityStakingSet(_staking);
    }

    /// @notice Sets the wrapped token the bond is paid in; it must be the staking token. Source: published ABI.
    function setWPEAQ(address _wpeaq) external onlyOwner {
        require(_wpeaq != address(0), InvalidAddress());
        _storage().wpeaq = IWPEAQ(_wpeaq);
        emit WPEAQSet(_wpeaq);
    }

    /// @notice Sets the DID precompile that `getMetadata` reads. Source: published ABI.
    function setDIDPrecompile(address _did) external onlyOwner {
        require(_did != address(0), InvalidAddress());
        _storage().did = IDID(_did);
        emit DIDPrecompileSet(_did);
    }

    /// @notice Sets the text that `tokenURI` puts before the machine id. Source: published ABI.
    function setBaseURI(string calldata newBaseURI) external onlyOwner {
        _storage().baseURI = newBaseURI;
        emit BaseURISet(newBaseURI);
    }

    /// @notice Sends out native value that was forced onto this contract; bonds are never here.
    ///         Source: published ABI.
    function rescueETH(address to, uint256 amount) external onlyOwner nonReentrant {
        require(to != address(0), InvalidAddress());
        emit ETHRescued(to, amount);
        (bool sent,) = to.call{value: amount}("");
        require(sent, ETHTransferFailed());
    }

    // ---------------------------------------------------------------- views

    /// @notice The exact bond in wei that registering takes now. Source: published ABI.
    function minBond() external view returns (uint256) {
        return _storage().minBond;
    }

    /// @notice Number of machines, which is also the newest machine id. Source: published ABI.
    function totalMachines() external view returns (uint256) {
        return _storage().totalMachines;
    }

    /// @notice The machine id of an address, 0 when it has none. Source: published ABI; 0 is what the CLI expects.
    function machineIdOfOwner(address addr) external view returns (uint256) {
        return _storage().machineIdOfOwner[addr];
    }

    /// @notice The machine's own account, zero when there is no such machine. Source: published ABI.
    function machineWalletOf(uint256 machineId) external view returns (address) {
        return _ownerOf(machineId);
    }

    /// @notice Who registered the machine for it; zero when it registered itself. Source: published ABI.
    function operatorOf(uint256 machineId) external view returns (address) {
        return _storage().machines[machineId].operator;
    }

    /// @notice Status 0 to 4, 0 when there is no such machine. Source: published ABI.
    function machineStatus(uint256 machineId) public view returns (uint8) {
        return uint8(_storage().machines[machineId].status);
    }

    /// @notice The same as `machineStatus`. Source: published ABI has both names.
    function getMachineStatus(uint256 machineId) external view returns (uint8) {
        return machineStatus(machineId);
    }

    /// @notice Whether the registry's owner has verified the machine. Source: published ABI.
    function isVerified(uint256 machineId) external view returns (bool) {
        return _storage().machines[machineId].status == Status.Verified;
    }

    /// @notice Whether the machine is out of service. Source: published ABI.
    function isDeactivated(uint256 machineId) external view returns (bool) {
        return _storage().machines[machineId].status == Status.Deactivated;
    }

    /// @notice Whether there is such a machine. Source: published ABI.
    function machineExists(uint256 machineId) external view returns (bool) {
        return _ownerOf(machineId) != address(0);
    }

    /// @notice The machine's owner and whether there is such a machine. Source: published ABI.
    function getOwnerIfExists(uint256 machineId) external view returns (address owner_, bool exists_) {
        owner_ = _ownerOf(machineId);
        exists_ = owner_ != address(0);
    }

    /// @inheritdoc IIdentityRegistry
    /// @dev Source: published ABI.
    function getVerificationInfo(uint256 machineId)
        external
        view
        returns (address owner_, address wallet_, bool exists_, uint8 status_)
    {
        owner_ = _ownerOf(machineId);
        wallet_ = owner_;
        exists_ = owner_ != address(0);
        status_ = machineStatus(machineId);
    }

    /// @notice Whether `claimedOwner` owns the machine. Source: published ABI.
    function verifyOwnership(uint256 machineId, address claimedOwner) external view returns (bool) {
        return claimedOwner != address(0) && _ownerOf(machineId) == claimedOwner;
    }

    /// @inheritdoc IIdentityRegistry
    /// @dev Source: published ABI.
    function isAuthorizedOrOwner(address caller, uint256 machineId) public view returns (bool) {
        if (caller == address(0)) return false;
        return caller == _ownerOf(machineId) || caller == _storage().machines[machineId].operator;
    }

    /// @notice The machine's DID attribute of that name, empty when it has none. Source: published ABI (ERC-8004
    ///         style); the read-through to the DID is our reading.
    function getMetadata(uint256 machineId, string calldata key) external view returns (bytes memory) {
        address machine = _ownerOf(machineId);
        require(machine != address(0), MachineNotFound());
        IDID did = _storage().did;
        require(address(did) != address(0), ContractNotConfigured());
        try did.readAttribute(machine, bytes(key)) returns (IDID.Attribute memory attribute) {
            return attribute.value;
        } catch {
            return "";
        }
    }

    /// @notice The machine's card: base URI and machine id, empty without a base. Source: ERC-721, published ABI.
    function tokenURI(uint256 machineId) public view override returns (string memory) {
        return super.tokenURI(machineId);
    }

    /// @notice The DID precompile that `getMetadata` reads. Source: published ABI.
    function getDIDPrecompile() external view returns (address) {
        return address(_storage().did);
    }

    // ---------------------------------------------------------------- soulbound

    /// @dev Every transfer reverts: only minting comes without an account to be authorised. Source: documented rule.
    function _update(address to, uint256 machineId, address auth) internal override returns (address) {
        require(auth == address(0), IdentityNFTSoulbound());
        return super._update(to, machineId, auth);
    }

    /// @dev Approvals would promise a transfer. Source: documented rule.
    function _approve(address, uint256, address, bool) internal pure override {
        revert IdentityNFTSoulbound();
    }

    /// @dev Approvals would promise a transfer. Source: documented rule.
    function _setApprovalForAll(address, address, bool) internal pure override {
        revert IdentityNFTSoulbound();
    }

    // ---------------------------------------------------------------- internals

    function _existing(uint256 machineId) private view returns (Machine storage machine) {
        machine = _storage().machines[machineId];
        require(machine.status != Status.None, MachineNotFound());
    }

    function _baseURI() internal view override returns (string memory) {
        return _storage().baseURI;
    }

    /// @dev Upgrades are the owner's. Source: UUPS.
    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _storage() private pure returns (RegistryStorage storage $) {
        assembly {
            $.slot := STORAGE
        }
    }
}
